#include "plugin/plugin_file.h"

#include "plugin/refusal.h"
#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;

class PluginFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginFileTest);
  CPPUNIT_TEST(copyIsTheFile);
  CPPUNIT_TEST(copyIsSealed);
  CPPUNIT_TEST(copyIsNotTheFilesInode);
  CPPUNIT_TEST(writableByOthers);
  CPPUNIT_TEST(foreignOwner);
  CPPUNIT_TEST(groups);
  CPPUNIT_TEST(notRegular);
  CPPUNIT_TEST(links);
  CPPUNIT_TEST(missing);
  CPPUNIT_TEST(contents);
  CPPUNIT_TEST(owners);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    directory_ = std::make_unique<testing::TemporaryDirectory>();
    testing::copyFixture("ok", file());
  }

  void copyIsTheFile() {
    const FileDescriptor copy = openPluginFile(directory_->path(), "ok.so", testing::fixtureOwners());
    CPPUNIT_ASSERT_EQUAL(testing::readFile(file()), testing::readFile("/proc/self/fd/" + std::to_string(copy.get())));
    CPPUNIT_ASSERT((::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC) != 0);
    // Larger than one read.
    std::ofstream(file(), std::ios::binary | std::ios::app) << std::string(300'001, 'x');
    const FileDescriptor large = openPluginFile(directory_->path(), "ok.so", testing::fixtureOwners());
    CPPUNIT_ASSERT(testing::readFile(file()) == testing::readFile("/proc/self/fd/" + std::to_string(large.get())));
  }

  void copyIsSealed() {
    const FileDescriptor copy = openPluginFile(directory_->path(), "ok.so", testing::fixtureOwners());
    CPPUNIT_ASSERT_EQUAL(ssize_t{-1}, ::pwrite(copy.get(), "x", 1, 0));
    CPPUNIT_ASSERT_EQUAL(-1, ::ftruncate(copy.get(), 0));
    CPPUNIT_ASSERT_EQUAL(-1, ::ftruncate(copy.get(), 1 << 20));
    CPPUNIT_ASSERT_EQUAL(-1, ::fcntl(copy.get(), F_ADD_SEALS, 0));
  }

  void copyIsNotTheFilesInode() {
    const FileDescriptor copy = openPluginFile(directory_->path(), "ok.so", testing::fixtureOwners());
    struct stat original {};
    struct stat copied {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(file().c_str(), &original));
    CPPUNIT_ASSERT_EQUAL(0, ::fstat(copy.get(), &copied));
    CPPUNIT_ASSERT(original.st_dev != copied.st_dev || original.st_ino != copied.st_ino);
    // What happens to the file later is nothing to the copy.
    const std::string before = testing::readFile(file());
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << "gone";
    CPPUNIT_ASSERT(before == testing::readFile("/proc/self/fd/" + std::to_string(copy.get())));
  }

  void writableByOthers() {
    fs::permissions(file(), fs::perms(0646));
    CPPUNIT_ASSERT_EQUAL("it is writable by others; chmod o-w " + file().string(), refusal("ok.so"));
    fs::permissions(file(), fs::perms(0644));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
    fs::permissions(directory_->path(), fs::perms(0707));
    CPPUNIT_ASSERT_EQUAL("its directory is writable by others; chmod o-w " + directory_->path().string(), refusal("ok.so"));
    fs::permissions(directory_->path(), fs::perms(01707));  // as /tmp is
    CPPUNIT_ASSERT_EQUAL("its directory is writable by others; chmod o-w " + directory_->path().string(), refusal("ok.so"));
  }

  void foreignOwner() {
    const passwd* const self = ::getpwuid(::geteuid());
    const std::string name = self == nullptr ? std::to_string(::geteuid()) : self->pw_name;
    CPPUNIT_ASSERT_EQUAL("its directory belongs to user " + name + ", who is not among plugins.owners; chown it, or add the user",
                         refusal("ok.so", {::geteuid() + 1}));
    if (::geteuid() != 0) return;  // the rest needs files of others
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), 54321, 54321));
    CPPUNIT_ASSERT_EQUAL(std::string("it belongs to user 54321, who is not among plugins.owners; chown it, or add the user"),
                         refusal("ok.so", {0}));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so", {0, 54321}));
    const passwd* const nobody = ::getpwnam("nobody");
    CPPUNIT_ASSERT(nobody != nullptr);
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), nobody->pw_uid, 0));
    CPPUNIT_ASSERT_EQUAL(std::string("it belongs to user nobody, who is not among plugins.owners; chown it, or add the user"),
                         refusal("ok.so", {0}));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(directory_->path().c_str(), nobody->pw_uid, 0));
    CPPUNIT_ASSERT_EQUAL(std::string("its directory belongs to user nobody, who is not among plugins.owners; chown it, or add the user"),
                         refusal("ok.so", {0}));
  }

  // A group may write when it is root's or the owner's own.
  void groups() {
    const passwd* const self = ::getpwuid(::geteuid());
    if (self != nullptr) {
      CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), static_cast<uid_t>(-1), self->pw_gid));
      fs::permissions(file(), fs::perms(0664));
      CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
    }
    if (::geteuid() != 0) return;
    fs::permissions(file(), fs::perms(0664));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), 0, 54321));
    CPPUNIT_ASSERT_EQUAL("it is writable by group 54321, which is neither root's nor its owner's own; chmod g-w " + file().string(),
                         refusal("ok.so"));
    fs::permissions(file(), fs::perms(0644));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
    const passwd* const nobody = ::getpwnam("nobody");
    CPPUNIT_ASSERT(nobody != nullptr && nobody->pw_gid != 0);
    fs::permissions(file(), fs::perms(0664));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), nobody->pw_uid, nobody->pw_gid));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so", {0, nobody->pw_uid}));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), nobody->pw_uid, 0));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so", {0, nobody->pw_uid}));
    fs::permissions(directory_->path(), fs::perms(0775));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(directory_->path().c_str(), 0, 54321));
    CPPUNIT_ASSERT_EQUAL(
        "its directory is writable by group 54321, which is neither root's nor its owner's own; chmod g-w " + directory_->path().string(),
        refusal("ok.so", {0, nobody->pw_uid}));
  }

  void notRegular() {
    fs::create_directory(*directory_ / "folder.so");
    CPPUNIT_ASSERT_EQUAL(std::string("is not a regular file"), refusal("folder.so"));
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo((*directory_ / "fifo.so").c_str(), 0600));
    CPPUNIT_ASSERT_EQUAL(std::string("is not a regular file"), refusal("fifo.so"));  // and doesn't wait for a writer
  }

  void links() {
    const testing::TemporaryDirectory other;
    testing::copyFixture("ok", other / "ok.so");
    fs::create_directory(*directory_ / "versions");
    testing::copyFixture("ok", *directory_ / "versions" / "ok-2.so");
    const std::string outward = "is a link that leads out of its directory; put the file itself there";
    const std::pair<fs::path, std::string> rows[] = {{"ok.so", ""},
                                                     {"versions/ok-2.so", ""},
                                                     {"versions/../ok.so", ""},
                                                     {other / "ok.so", outward},
                                                     {"../" + other.path().filename().string() + "/ok.so", outward},
                                                     {"/proc/self/exe", outward},
                                                     {"link.so", outward},  // to itself
                                                     {"nowhere.so", "cannot be opened: No such file or directory"}};
    for (const auto& [target, expected] : rows) {
      fs::remove(*directory_ / "link.so");
      fs::create_symlink(target, *directory_ / "link.so");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target.string(), expected, refusal("link.so"));
    }
    // Of a link the file it leads to counts.
    fs::permissions(file(), fs::perms(0646));
    fs::remove(*directory_ / "link.so");
    fs::create_symlink("ok.so", *directory_ / "link.so");
    CPPUNIT_ASSERT(refusal("link.so").rfind("it is writable by others", 0) == 0);
  }

  void missing() {
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: No such file or directory"), refusal("other.so"));
    try {
      openPluginFile(*directory_ / "nowhere", "ok.so", testing::fixtureOwners());
      CPPUNIT_FAIL("opened");
    } catch (const Refusal& refused) {
      CPPUNIT_ASSERT_EQUAL(std::string("its directory cannot be opened: No such file or directory"), std::string(refused.what()));
    }
  }

  void contents() {
    const std::string whole = testing::readFile(file());
    const std::pair<std::string, std::string> rows[] = {{"", "is empty; copy it again, completely"},
                                                        {"hello", "is not an ELF file; a plugin is a shared library"},
                                                        {whole.substr(0, 5000), "is truncated: "}};
    for (const auto& [content, expected] : rows) {
      directory_->write("ok.so", content);
      CPPUNIT_ASSERT_EQUAL(expected, refusal("ok.so").substr(0, expected.size()));
    }
    CPPUNIT_ASSERT_EQUAL(0, ::truncate(file().c_str(), (off_t{256} << 20U) + 1));  // sparse
    CPPUNIT_ASSERT_EQUAL(std::string("is larger than 256 MiB; a plugin is not"), refusal("ok.so"));
  }

  void owners() {
    Mistakes mistakes;
    PropertyValue source;
    source.where = "file:1: plugins.owners";
    CPPUNIT_ASSERT(resolveOwners({}, source, mistakes) == (std::set<uid_t>{0, ::geteuid()}));
    CPPUNIT_ASSERT(resolveOwners({"root"}, source, mistakes) == std::set<uid_t>{0});
    CPPUNIT_ASSERT(resolveOwners({"0", "54321"}, source, mistakes) == (std::set<uid_t>{0, 54321}));
    CPPUNIT_ASSERT(mistakes.empty());
    CPPUNIT_ASSERT(resolveOwners({"no-such-user", "root"}, source, mistakes) == std::set<uid_t>{0});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mistakes.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("file:1: plugins.owners: \"no-such-user\" is no user of this machine; write a user's name or number"),
                         mistakes.lines()[0]);
    source.secret = true;
    CPPUNIT_ASSERT(resolveOwners({"no-such-user"}, source, mistakes).empty());
    CPPUNIT_ASSERT_EQUAL(std::string("file:1: plugins.owners: its value is no user of this machine; write a user's name or number"),
                         mistakes.lines().back());
    for (const char* number : {"-1", "4294967296", "4294967295", "99999999999999999999"}) {
      Mistakes found;
      CPPUNIT_ASSERT_MESSAGE(number, resolveOwners({number}, source, found).empty());
      CPPUNIT_ASSERT_MESSAGE(number, !found.empty());
    }
  }

 private:
  [[nodiscard]] fs::path file() const { return *directory_ / "ok.so"; }

  // "" when the file is taken.
  [[nodiscard]] std::string refusal(const std::string& file_name, const std::set<uid_t>& allowed = testing::fixtureOwners()) const {
    try {
      CPPUNIT_ASSERT(openPluginFile(directory_->path(), file_name, allowed).valid());
    } catch (const Refusal& refused) {
      return refused.what();
    }
    return {};
  }

  std::unique_ptr<testing::TemporaryDirectory> directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginFileTest);

}  // namespace

}  // namespace pulsewatch
