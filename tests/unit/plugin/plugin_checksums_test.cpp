#include "plugin/plugin_checksums.h"

#include "plugin/plugin_catalog.h"
#include "plugin/refusal.h"
#include "support/child_process.h"
#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <iostream>
#include <sys/stat.h>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;

class PluginChecksumsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginChecksumsTest);
  CPPUNIT_TEST(lists);
  CPPUNIT_TEST(sumsOfTheTool);
  CPPUNIT_TEST(sumsThatAreRefused);
  CPPUNIT_TEST(signatures);
  CPPUNIT_TEST(keys);
  CPPUNIT_TEST(catalogLooksAgain);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    directory_ = std::make_unique<testing::TemporaryDirectory>();
    testing::copyFixture("ok", *directory_ / "ok.so");
    policy_ = {true, std::nullopt};
  }

  void lists() {
    const std::string sum(64, 'a');
    const std::string other(64, 'b');
    const std::string bad = " of SHA256SUMS is not as sha256sum writes it; make the file again";
    const std::pair<std::string, std::string> rows[] = {
        {"", "none"},
        {sum + "  ok.so\n", sum},
        {sum + " *ok.so\n", sum},
        {sum + "  ./ok.so", sum},
        {std::string(64, 'A') + "  ok.so\n", sum},
        {"# by hand\n\n" + other + "  x.so\n" + sum + "  ok.so\n", sum},
        {sum + "  ok.so\n" + sum + " *ok.so\n", sum},
        {sum + "  OK.so\n" + sum + "  ok.so.old\n" + sum + "  a/ok.so\n", "none"},
        {"\\" + sum + "  a\\\\b\\n.so\n" + other + "  ok.so\n", other},
        {"\\" + sum + "  a\\tb\n", "line 1" + bad},
        {sum + "  ok.so\nhello\n", "line 2" + bad},
        {sum + "  ok.so\r\n", "line 1" + bad},
        {sum + "\tok.so\n", "line 1" + bad},
        {sum + " ok.so\n", "line 1" + bad},
        {sum + "  \n", "line 1" + bad},
        {sum.substr(1) + "  ok.so\n", "line 1" + bad},
        {sum.substr(1) + "g  ok.so\n", "line 1" + bad},
        {"SHA256 (ok.so) = " + sum + "\n", "line 1" + bad},
        {sum + "  ok.so\n" + other + "  ok.so\n", "line 2 of SHA256SUMS lists ok.so again with another sum; make the file again"}};
    for (const auto& [text, expected] : rows) {
      std::string said;
      try {
        said = listedChecksum(text, "ok.so").value_or("none");
      } catch (const Refusal& refusal) {
        said = refusal.what();
      }
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, expected, said);
    }
    CPPUNIT_ASSERT(listedChecksum("\\" + sum + "  a\\\\b\\n.so\n", "a\\b\n.so") == sum);
  }

  // With sha256sum itself, of names that it escapes too.
  void sumsOfTheTool() {
    const std::string odd = "a\\b\nc.so";
    testing::copyFixture("ok", *directory_ / odd);
    for (const char* mark : {"", "-b "}) {
      shell(std::string("sha256sum ") + mark + "*.so > SHA256SUMS");
      CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
      CPPUNIT_ASSERT_EQUAL(std::string(), refusal(odd));
    }
  }

  void sumsThatAreRefused() {
    const fs::path sums = *directory_ / "SHA256SUMS";
    const std::string absent =
        "its directory has no SHA256SUMS, which plugins.require_checksums asks for; put there what sha256sum says of the plugins";
    CPPUNIT_ASSERT_EQUAL(absent, refusal("ok.so"));
    directory_->write("SHA256SUMS", std::string(64, '0') + "  other.so\n");
    CPPUNIT_ASSERT_EQUAL(std::string("is not listed in SHA256SUMS; put one there that lists it, or remove the file"), refusal("ok.so"));
    directory_->write("SHA256SUMS", std::string(64, '0') + "  ok.so\n");
    CPPUNIT_ASSERT_EQUAL("has not the bytes that SHA256SUMS lists: its sum is " + sumOf("ok.so") + ", not " + std::string(64, '0') +
                             "; put the file there again, or a SHA256SUMS that belongs to it",
                         refusal("ok.so"));
    directory_->write("SHA256SUMS", "hello\n");
    CPPUNIT_ASSERT_EQUAL(std::string("line 1 of SHA256SUMS is not as sha256sum writes it; make the file again"), refusal("ok.so"));
    directory_->write("SHA256SUMS", std::string((1U << 20U) + 1, '#'));
    CPPUNIT_ASSERT_EQUAL(std::string("SHA256SUMS is larger than 1 MiB; it is not the file that was meant"), refusal("ok.so"));
    shell("sha256sum ok.so > SHA256SUMS");
    fs::permissions(sums, fs::perms(0646));
    CPPUNIT_ASSERT_EQUAL("SHA256SUMS is writable by others; chmod o-w " + sums.string(), refusal("ok.so"));
    fs::permissions(sums, fs::perms(0644));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
    if (::geteuid() == 0) {
      CPPUNIT_ASSERT_EQUAL(0, ::chown(sums.c_str(), 54321, 0));
      CPPUNIT_ASSERT_EQUAL(std::string("SHA256SUMS belongs to user 54321, who is not among plugins.owners; chown it, or add the user"),
                           refusal("ok.so"));
    } else {
      std::cerr << "skipped: SHA256SUMS of others\n";
    }
    fs::remove(sums);
    fs::create_directory(sums);
    CPPUNIT_ASSERT_EQUAL(std::string("SHA256SUMS is a directory, not a regular file; put the file itself there, or remove it"),
                         refusal("ok.so"));
    fs::remove(sums);
    fs::create_symlink("/etc/passwd", sums);
    CPPUNIT_ASSERT_EQUAL(std::string("SHA256SUMS is a link that leads out of its directory; put the file itself there"), refusal("ok.so"));
    // Nothing of it counts while it isn't asked for.
    policy_.required = false;
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
  }

  void signatures() {
    makeKey("key", "ed25519");
    makeKey("other", "ed25519");
    policy_.signature_key = key("key.pub");
    shell("sha256sum ok.so > SHA256SUMS");
    CPPUNIT_ASSERT_EQUAL(std::string("SHA256SUMS has no SHA256SUMS.sig beside it, which plugins.signature_key asks for; sign it with "
                                     "openssl pkeyutl -sign -rawin"),
                         refusal("ok.so"));
    sign("key");
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
    const std::string bad =
        "SHA256SUMS.sig is not this SHA256SUMS' signature by the key of plugins.signature_key; sign it again, or put both there again";
    sign("other");
    CPPUNIT_ASSERT_EQUAL(bad, refusal("ok.so"));
    sign("key");
    shell("echo '# more' >> SHA256SUMS");
    CPPUNIT_ASSERT_EQUAL(bad, refusal("ok.so"));
    sign("key");
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
    policy_.signature_key = "";  // as after a mistake
    CPPUNIT_ASSERT_EQUAL(bad, refusal("ok.so"));
    policy_.signature_key = key("key.pub");
    directory_->write("SHA256SUMS.sig", "short");
    CPPUNIT_ASSERT_EQUAL(std::string("SHA256SUMS.sig has 5 bytes where an Ed25519 signature has 64; sign SHA256SUMS with openssl pkeyutl "
                                     "-sign -rawin"),
                         refusal("ok.so"));
    fs::permissions(*directory_ / "SHA256SUMS.sig", fs::perms(0646));
    CPPUNIT_ASSERT_EQUAL("SHA256SUMS.sig is writable by others; chmod o-w " + (*directory_ / "SHA256SUMS.sig").string(), refusal("ok.so"));
  }

  void keys() {
    makeKey("key", "ed25519");
    makeKey("curve", "x25519");
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, key("key.pub").size());
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be read: No such file or directory; correct its path or its permissions"),
                         keyFault("nowhere.pub"));
    CPPUNIT_ASSERT_EQUAL(std::string("is not a public key in PEM; write it with openssl pkey -in KEY -pubout"), keyFault("key"));
    CPPUNIT_ASSERT_EQUAL(std::string("is not a public key in PEM; write it with openssl pkey -in KEY -pubout"), keyFault("ok.so"));
    CPPUNIT_ASSERT_EQUAL(std::string("is a public key of another kind than Ed25519; make one with openssl genpkey -algorithm ed25519"),
                         keyFault("curve.pub"));
    fs::permissions(*directory_ / "key.pub", fs::perms(0646));
    CPPUNIT_ASSERT_EQUAL("cannot be taken: it is writable by others; chmod o-w " + (*directory_ / "key.pub").string(), keyFault("key.pub"));
  }

  // New sums, a new signature or another mode of the directory have a file looked at again, and one that is the same keeps its image.
  void catalogLooksAgain() {
    const testing::LocalInspector inspector;
    CatalogOptions options;
    options.directories = {directory_->path().string()};
    options.owners = testing::fixtureOwners();
    options.checksums = policy_;
    options.inspector = &inspector;
    options.enabled = [](const std::string&) { return true; };
    options.has_checks = [](const std::string&) { return false; };
    Catalog catalog = loadCatalog(options);
    CPPUNIT_ASSERT(catalog.entries.at(0).refusal.find("has no SHA256SUMS") != std::string::npos);
    shell("sha256sum ok.so > SHA256SUMS");
    catalog = loadCatalog(options, catalog);
    CPPUNIT_ASSERT_EQUAL(std::string(), catalog.entries.at(0).refusal);
    const auto image = catalog.entries[0].image;
    shell("echo '# more' >> SHA256SUMS");
    catalog = loadCatalog(options, catalog);
    CPPUNIT_ASSERT(catalog.entries.at(0).taken());
    CPPUNIT_ASSERT(image == catalog.entries[0].image);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), catalog.entries[0].name);
    fs::permissions(directory_->path(), fs::perms(0707));
    catalog = loadCatalog(options, catalog);
    CPPUNIT_ASSERT(catalog.entries.at(0).refusal.find("writable by others") != std::string::npos);
    fs::permissions(directory_->path(), fs::perms(0700));
    catalog = loadCatalog(options, catalog);
    CPPUNIT_ASSERT(catalog.entries.at(0).taken());
    // Sums that are still being written are waited for.
    options.settled = [](const std::string& path, const FileIdentity&) { return path.find("SHA256SUMS") == std::string::npos; };
    shell("echo hello > SHA256SUMS");
    catalog = loadCatalog(options, catalog);
    CPPUNIT_ASSERT(catalog.entries.at(0).taken());
    options.settled = [](const std::string&, const FileIdentity&) { return true; };
    catalog = loadCatalog(options, catalog);
    CPPUNIT_ASSERT(!catalog.entries.at(0).taken());
  }

 private:
  void shell(const std::string& command) const {
    testing::ChildOptions options;
    options.working_directory = directory_->path();
    testing::ChildProcess child({"sh", "-c", "umask 022; " + command}, testing::plainEnvironment(), options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(command + ": " + child.errors(), 0, child.waitForExit(std::chrono::seconds(20)).value_or(-1));
  }
  void makeKey(const std::string& name, const std::string& algorithm) const {
    shell("openssl genpkey -algorithm " + algorithm + " -out " + name + " && openssl pkey -in " + name + " -pubout -out " + name + ".pub");
  }
  void sign(const std::string& key_name) const {
    shell("openssl pkeyutl -sign -inkey " + key_name + " -rawin -in SHA256SUMS -out SHA256SUMS.sig");
  }
  [[nodiscard]] std::string sumOf(const std::string& file_name) const {
    shell("sha256sum " + file_name + " > sum");
    return testing::readFile(*directory_ / "sum").substr(0, 64);
  }
  [[nodiscard]] std::string key(const std::string& name) const {
    std::string fault;
    std::string bytes = readSignatureKey(*directory_ / name, testing::fixtureOwners(), fault);
    CPPUNIT_ASSERT_EQUAL(std::string(), fault);
    return bytes;
  }
  [[nodiscard]] std::string keyFault(const std::string& name) const {
    std::string fault;
    CPPUNIT_ASSERT_EQUAL(std::string(), readSignatureKey(*directory_ / name, testing::fixtureOwners(), fault));
    return fault;
  }

  // "" when the file is taken.
  [[nodiscard]] std::string refusal(const std::string& file_name) const {
    try {
      CPPUNIT_ASSERT(openPluginFile(directory_->path(), file_name, testing::fixtureOwners(), policy_).valid());
    } catch (const Refusal& refused) {
      return refused.what();
    }
    return {};
  }

  std::unique_ptr<testing::TemporaryDirectory> directory_;
  ChecksumPolicy policy_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginChecksumsTest);

}  // namespace

}  // namespace pulsewatch
