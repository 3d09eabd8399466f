#include "plugin/plugin_file.h"

#include "plugin/refusal.h"
#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <pwd.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/xattr.h>
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
  CPPUNIT_TEST(foldersOfLinks);
  CPPUNIT_TEST(directoriesAbove);
  CPPUNIT_TEST(accessLists);
  CPPUNIT_TEST(ownersAndModes);
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
    if (::geteuid() != 0) return tellSkipped("files of others");
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), 54321, 54321));
    CPPUNIT_ASSERT_EQUAL(std::string("it belongs to user 54321, who is not among plugins.owners; chown it, or add the user"),
                         refusal("ok.so", {0}));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so", {0, 54321}));
    const passwd* const nobody = ::getpwnam("nobody");
    CPPUNIT_ASSERT(nobody != nullptr);
    const std::string namespaced = " (systemd: with PrivateUsers=yes every other user is this one)";
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file().c_str(), nobody->pw_uid, 0));
    CPPUNIT_ASSERT_EQUAL(std::string("it belongs to user nobody, who is not among plugins.owners; chown it, or add the user") + namespaced,
                         refusal("ok.so", {0}));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(directory_->path().c_str(), nobody->pw_uid, 0));
    CPPUNIT_ASSERT_EQUAL(
        std::string("its directory belongs to user nobody, who is not among plugins.owners; chown it, or add the user") + namespaced,
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
    if (::geteuid() != 0) return tellSkipped("files of other groups");
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
    const std::string advice = ", not a regular file; put the library itself there, or remove it";
    CPPUNIT_ASSERT_EQUAL("is a directory" + advice, refusal("folder.so"));
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo((*directory_ / "fifo.so").c_str(), 0600));
    CPPUNIT_ASSERT_EQUAL("is a FIFO" + advice, refusal("fifo.so"));  // and doesn't wait for a writer
  }

  void links() {
    const testing::TemporaryDirectory other;
    testing::copyFixture("ok", other / "ok.so");
    fs::create_directory(*directory_ / "versions");
    testing::copyFixture("ok", *directory_ / "versions" / "ok-2.so");
    const std::string outward = "is a link that leads out of its directory; put the file itself there";
    const std::pair<fs::path, std::string> rows[] = {
        {"ok.so", ""},
        {"versions/ok-2.so", ""},
        {"versions/../ok.so", ""},
        {other / "ok.so", outward},
        {"../" + other.path().filename().string() + "/ok.so", outward},
        {"/proc/self/exe", outward},
        {"link.so", "is a link that leads in a circle; put the file itself there"},
        {"nowhere.so",
         "is a link whose target cannot be reached: No such file or directory; put the file "
         "itself there, or remove the link"},
        {"ok.so/file",
         "is a link whose target cannot be reached: Not a directory; put the file itself there, "
         "or remove the link"}};
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

  // Who may write to a folder that a link leads into decides what is loaded from there.
  void foldersOfLinks() {
    fs::create_directories(*directory_ / "versions" / "2");
    testing::copyFixture("ok", *directory_ / "versions" / "2" / "ok");
    fs::create_symlink("versions/2/ok", *directory_ / "link.so");
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("link.so"));
    for (const char* folder : {"versions", "versions/2"}) {
      const fs::path path = *directory_ / folder;
      fs::permissions(path, fs::perms(0707));
      CPPUNIT_ASSERT_EQUAL("the folder that it leads to is writable by others; chmod o-w " + path.string(), refusal("link.so"));
      fs::permissions(path, fs::perms(0755));
    }
    if (::geteuid() != 0) return tellSkipped("a folder of a foreign owner");
    CPPUNIT_ASSERT_EQUAL(0, ::chown((*directory_ / "versions").c_str(), kStranger, 0));
    CPPUNIT_ASSERT_EQUAL(
        std::string("the folder that it leads to belongs to user 54321, who is not among plugins.owners; chown it, or add the user"),
        refusal("link.so"));
  }

  // Who could put another directory in the place of one above decides what is loaded, however the directory is called.
  void directoriesAbove() {
    const fs::path above = *directory_ / "above";
    fs::create_directories(above / "plugins");
    testing::copyFixture("ok", above / "plugins" / "ok.so");
    fs::create_symlink(above / "plugins", *directory_ / "link");
    const std::string on_the_way = "directory " + fs::canonical(above).string() + " on the way to it ";
    const std::string writable = on_the_way + "is writable by others; chmod o-w " + fs::canonical(above).string();
    const std::pair<mode_t, std::string> rows[] = {{0755, ""}, {0707, writable}, {01707, ""}, {0775, ""}, {0702, writable}};
    for (const auto& [mode, expected] : rows) {
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(above.c_str(), mode | 0100U));
      for (const char* path : {"above/plugins", "link"}) CPPUNIT_ASSERT_EQUAL_MESSAGE(path, expected, refusalIn(*directory_ / path));
    }
    if (::geteuid() != 0) return tellSkipped("directories above of others");
    fs::permissions(above, fs::perms(0775));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(above.c_str(), 0, 54321));
    CPPUNIT_ASSERT_EQUAL(
        on_the_way + "is writable by group 54321, which is neither root's nor its owner's own; chmod g-w " + fs::canonical(above).string(),
        refusalIn(above / "plugins"));
    for (const mode_t mode : {0755U, 01777U}) {  // in a sticky directory too its owner may do anything
      give(above, {kStranger, 0, mode});
      CPPUNIT_ASSERT_EQUAL(on_the_way + "belongs to user 54321, who is not among plugins.owners; chown it, or add the user",
                           refusalIn(above / "plugins"));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalIn(above / "plugins", {0, kStranger}));
    // Root may own what is above, whether or not its plugins are taken.
    give(above, {0, 0, 0755});
    give(above / "plugins", {kStranger, 0, 0755});
    give(above / "plugins" / "ok.so", {kStranger, 0, 0644});
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalIn(above / "plugins", {kStranger}));
  }

  // Where there is an access list the group's bits are its mask: root's group alone may not be who may write.
  void accessLists() {
    // Version 2; user::rw- user:54321:rw- group::r-- mask::rw- other::r--
    const unsigned char list[] = {2, 0,    0,    0,    1,    0,    6,    0, 0xff, 0xff, 0xff, 0xff, 2,    0,    6,
                                  0, 0x31, 0xd4, 0,    0,    4,    0,    4, 0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,
                                  6, 0,    0xff, 0xff, 0xff, 0xff, 0x20, 0, 4,    0,    0xff, 0xff, 0xff, 0xff};
    if (::setxattr(file().c_str(), "system.posix_acl_access", list, sizeof(list), 0) != 0) {
      CPPUNIT_ASSERT_EQUAL(EOPNOTSUPP, errno);
      return tellSkipped("an access list, which this file system has not");
    }
    CPPUNIT_ASSERT_EQUAL("it has an access list that lets more than its owner write; setfacl -b " + file().string(), refusal("ok.so"));
    fs::permissions(file(), fs::perms(0644));  // takes the mask's w
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal("ok.so"));
  }

  // Every owner, mode and group of the file with every one of its directory. What is allowed gets as far as to the file's content.
  void ownersAndModes() {
    if (::geteuid() != 0) return tellSkipped("owners and modes as a matrix");
    const passwd* const nobody = ::getpwnam("nobody");
    CPPUNIT_ASSERT(nobody != nullptr && nobody->pw_gid != 0);
    const std::set<uid_t> allowed{0, nobody->pw_uid};
    directory_->write("ok.so", "text");
    std::vector<Writers> file_rows;
    for (const uid_t owner : {uid_t{0}, nobody->pw_uid, kStranger})
      for (const gid_t group : {gid_t{0}, nobody->pw_gid, gid_t{kStranger}})
        for (const mode_t mode : {0644U, 0600U, 0755U, 0664U, 0646U, 0666U, 0602U, 0620U, 04755U})
          file_rows.push_back({owner, group, mode});
    int taken = 0;
    for (const Writers& folder : file_rows) {
      give(directory_->path(), {folder.owner, folder.group, folder.mode | 0100U});
      const std::string of_folder = expectedRefusal("its directory", directory_->path(), folder, *nobody);
      for (const Writers& writers : file_rows) {
        if (!of_folder.empty() && &writers != &file_rows.front() && &writers != &file_rows.back()) continue;  // the directory's comes first
        give(file(), writers);
        std::string expected = of_folder.empty() ? expectedRefusal("it", file(), writers, *nobody) : of_folder;
        if (expected.empty()) ++taken;
        if (expected.empty()) expected = "is not an ELF file; a plugin is a shared library";
        CPPUNIT_ASSERT_EQUAL_MESSAGE(folder.text() + " / " + writers.text(), expected, refusal("ok.so", allowed));
      }
    }
    // Two owners, three groups and four modes in which the owner alone writes; two more modes for root's group of both and nobody's own.
    constexpr int kFine = 2 * 3 * 4 + 2 * 3;
    CPPUNIT_ASSERT_EQUAL(kFine * kFine, taken);
    give(directory_->path(), {0, 0, 0755});
  }

  void missing() {
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: No such file or directory; put it there again"), refusal("other.so"));
    try {
      openPluginFile(*directory_ / "nowhere", "ok.so", testing::fixtureOwners());
      CPPUNIT_FAIL("opened");
    } catch (const Refusal& refused) {
      CPPUNIT_ASSERT_EQUAL(std::string("its directory cannot be opened: No such file or directory; make it readable"),
                           std::string(refused.what()));
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
    for (const off_t size : {(off_t{256} << 20U) + 1, off_t{4} << 30U, off_t{1} << 40U}) {  // sparse
      CPPUNIT_ASSERT_EQUAL(0, ::truncate(file().c_str(), size));
      CPPUNIT_ASSERT_EQUAL(std::string("is larger than 256 MiB, which no plugin is; remove it"), refusal("ok.so"));
    }
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
  static constexpr uid_t kStranger = 54321;

  struct Writers {
    uid_t owner;
    gid_t group;
    mode_t mode;
    [[nodiscard]] std::string text() const {
      std::ostringstream out;
      out << owner << ':' << group << ' ' << std::oct << mode;
      return out.str();
    }
  };

  static void tellSkipped(const char* what) { std::cerr << "skipped: " << what << '\n'; }

  static void give(const fs::path& path, const Writers& writers) {
    CPPUNIT_ASSERT_EQUAL(0, ::chown(path.c_str(), writers.owner, writers.group));
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(path.c_str(), writers.mode));  // after chown, which clears bits
  }

  // By the words of the rule: an allowed owner, and nobody else may write but root's group and the owner's own.
  static std::string expectedRefusal(const std::string& what, const fs::path& path, const Writers& writers, const passwd& nobody) {
    if (writers.owner == kStranger) return what + " belongs to user 54321, who is not among plugins.owners; chown it, or add the user";
    if ((writers.mode & 02U) != 0) return what + " is writable by others; chmod o-w " + path.string();
    const bool owners_group = writers.owner == nobody.pw_uid && writers.group == nobody.pw_gid;
    if ((writers.mode & 020U) == 0 || writers.group == 0 || owners_group) return {};
    return what + " is writable by group " + std::to_string(writers.group) + ", which is neither root's nor its owner's own; chmod g-w " +
           path.string();
  }

  [[nodiscard]] fs::path file() const { return *directory_ / "ok.so"; }

  // "" when the file is taken.
  [[nodiscard]] std::string refusal(const std::string& file_name, const std::set<uid_t>& allowed = testing::fixtureOwners()) const {
    return refusalIn(directory_->path(), allowed, file_name);
  }
  static std::string refusalIn(const fs::path& directory, const std::set<uid_t>& allowed = testing::fixtureOwners(),
                               const std::string& file_name = "ok.so") {
    try {
      CPPUNIT_ASSERT(openPluginFile(directory, file_name, allowed).valid());
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
