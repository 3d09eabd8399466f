#include "support/sinful_directory.h"

#include <pulsewatch/abi.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;

constexpr uid_t stranger = 54321;
const std::string correct_it = "; its author must correct it";
const std::string rebuild = "build it with this host's SDK";
const std::string not_regular = ", not a regular file; put the library itself there, or remove it";

void require(bool fine, const std::string& what) {
  if (!fine) throw std::runtime_error(what + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace

SinfulDirectory::SinfulDirectory(fs::path fixtures) : fixtures_(std::move(fixtures)) {
  for (const char* good : {"ok", "plain_c"}) copy(good, std::string(good) + ".so");
  addDescriptions();
  addLibraries();
  addContents();
  addKinds();
  addLinks();
  addWriters();
  addNames();
}

void SinfulDirectory::copy(const std::string& fixture, const std::string& file) const {
  directory_.write(file, readFile(fixtures_ / (fixture + ".so")));
  require(fs::file_size(directory_ / file) > 0, "the fixture " + fixture);
  fs::permissions(directory_ / file, fs::perms(0644));
}

void SinfulDirectory::add(const std::string& file, const std::string& sentence, const std::string& plugin, const std::string& version) {
  sins_.push_back({file, plugin.empty() ? fs::path(file).stem().string() : plugin, version, sentence});
}

// What a plugin says of itself.
void SinfulDirectory::addDescriptions() {
  struct Row {
    std::string fixture;
    std::string sentence;
    std::string version = "1.0.0";
  };
  const Row rows[] = {
      {"missing_run", "lacks the function run" + correct_it},
      {"no_version", "gives no version" + correct_it, ""},
      {"long_description", "has a description of more than 1000 bytes" + correct_it},
      {"bad_default", "declares setting patience with a default that is not a duration (250ms, 10s, 2m, 1h)" + correct_it},
      {"missing_settings", "declares settings that are not there" + correct_it},
      {"host_metric", "declares metric pulsewatch_ready, which is the host's own" + correct_it},
      {"host_setting", "declares a setting interval, a key of the host's own" + correct_it},
  };
  for (const Row& row : rows) {
    copy(row.fixture, row.fixture + ".so");
    std::string name = row.fixture;
    std::replace(name.begin(), name.end(), '_', '-');
    add(row.fixture + ".so", row.sentence, name, row.version);
  }
  copy("empty_name", "empty_name.so");
  add("empty_name.so", "gives no name" + correct_it);

  copy("metric_conflict", "metric_conflict.so");
  add("metric_conflict.so", "declares metric ok_runs_total otherwise than plugin ok does; declare it alike or name it otherwise",
      "zz-conflict", "1.0.0");
  copy("histogram_part", "histogram_part.so");
  add("histogram_part.so",
      "declares metric part_seconds_count beside part_seconds of plugin histogram-part, and part_seconds_count is a series of that "
      "histogram; "
      "name it otherwise",
      "histogram-part", "1.0.0");
  copy("ok", "another_ok.so");
  add("another_ok.so", "the name ok is taken by " + at("ok.so") + "; remove one of the two", "ok", "1.0.0");
  copy("same_default", "another_plain.so");
  add("another_plain.so",
      "its default check name plain is that of plugin plain_c (" + at("plain_c.so") +
          "); remove one of the two, or name a check of it yourself: check.NAME.plugin = same-default",
      "same-default", "1.0.0");
}

// What the loader finds, and the entry.
void SinfulDirectory::addLibraries() {
  const std::string host = std::to_string(PW_ABI_MAJOR) + "." + std::to_string(PW_ABI_MINOR);
  const std::string size = std::to_string(sizeof(pw_plugin));
  const std::pair<std::string, std::string> rows[] = {
      {"no_entry", "has no symbol pulsewatch_plugin_v1; it is not a pulsewatch plugin, or was built without PULSEWATCH_PLUGIN"},
      {"other_major", "is built for plugin ABI 2, this host has 1; " + rebuild},
      {"newer_minor", "needs plugin ABI 1.1, this host has " + host + "; upgrade pulsewatch, or " + rebuild},
      {"short_struct", "describes itself with 16 bytes, " + size + " are needed; " + rebuild},
      {"null_entry", "its entry gives no plugin (a null pointer)" + correct_it},
      {"entry_throws", "its entry throws: not today" + correct_it},
      {"entry_is_data", "exports pulsewatch_plugin_v1 as data, not as a function" + correct_it},
      {"missing_dependency",
       "cannot be loaded: libpulsewatch-absent.so: cannot open shared object file: No such file or directory; install that library, or "
       "build "
       "the plugin without it"},
      {"undefined_symbol", "cannot be loaded: undefined symbol: functionThatIsNowhere; link it with what it uses"},
  };
  for (const auto& [fixture, sentence] : rows) {
    copy(fixture, fixture + ".so");
    add(fixture + ".so", sentence);
  }
  fs::copy_file("/bin/true", directory_ / "program.so");
  add("program.so", "cannot be loaded: cannot dynamically load position-independent executable; link it with -shared");
}

// What is in a file.
void SinfulDirectory::addContents() {
  const std::string ok = readFile(fixtures_ / "ok.so");
  directory_.write("empty.so", "");
  add("empty.so", "is empty; copy it again, completely");
  directory_.write("text.so", "not a library\n");
  add("text.so", "is not an ELF file; a plugin is a shared library");
  directory_.write("cut.so", ok.substr(0, 5000));
  add("cut.so", "is truncated: a segment lies beyond its 5000 bytes; copy it again, completely");
  std::string other_machine = ok;
  other_machine[18] = 0x15;  // e_machine: PowerPC
  directory_.write("other_machine.so", other_machine);
  add("other_machine.so", "is built for another machine; build it for this one");
  directory_.write("huge.so", ok);
  require(::truncate(at("huge.so").c_str(), off_t{4} << 30U) == 0, "four sparse gigabytes");
  add("huge.so", "is larger than 256 MiB, which no plugin is; remove it");
}

// What is no file.
void SinfulDirectory::addKinds() {
  fs::create_directory(directory_ / "folder.so");
  add("folder.so", "is a directory" + not_regular);
  require(::mkfifo(at("fifo.so").c_str(), 0600) == 0, "a FIFO");
  add("fifo.so", "is a FIFO" + not_regular);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  at("socket.so").copy(address.sun_path, sizeof(address.sun_path) - 1);
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  require(bound, "a socket");
  add("socket.so", "is a socket" + not_regular);
  if (::mknod(at("device.so").c_str(), S_IFCHR | 0600U, makedev(1, 3)) == 0)
    add("device.so", "is a device" + not_regular);
  else
    skipped_.emplace_back("a device node");
}

void SinfulDirectory::addLinks() {
  const std::string outward = "is a link that leads out of its directory; put the file itself there";
  const std::pair<std::string, std::string> rows[] = {{"outward.so", (fixtures_ / "ok.so").string()},
                                                      {"upward.so", "../" + path().filename().string() + "/ok.so"}};
  for (const auto& [link, target] : rows) {
    fs::create_symlink(target, directory_ / link);
    add(link, outward);
  }
  fs::create_symlink("gone/away", directory_ / "dangling.so");
  add("dangling.so", "is a link whose target cannot be reached: No such file or directory; put the file itself there, or remove the link");
  fs::create_symlink("circle.so", directory_ / "circle.so");
  add("circle.so", "is a link that leads in a circle; put the file itself there");
  copy("hang", "open/hang");
  fs::permissions(directory_ / "open", fs::perms(0777));
  fs::create_symlink("open/hang", directory_ / "into_open.so");
  add("into_open.so", "the folder that it leads to is writable by others; chmod o-w " + at("open"));
}

void SinfulDirectory::addWriters() {
  copy("hang", "for_all.so");
  fs::permissions(directory_ / "for_all.so", fs::perms(0666));
  add("for_all.so", "it is writable by others; chmod o-w " + at("for_all.so"));
  if (::geteuid() != 0) {
    skipped_.emplace_back("a foreign owner and a foreign group");
    return;
  }
  copy("hang", "foreign.so");
  require(::chown(at("foreign.so").c_str(), stranger, 0) == 0, "chown");
  add("foreign.so", "it belongs to user 54321, who is not among plugins.owners; chown it, or add the user");
  copy("hang", "group.so");
  require(::chown(at("group.so").c_str(), 0, stranger) == 0, "chown");
  fs::permissions(directory_ / "group.so", fs::perms(0664));
  add("group.so", "it is writable by group 54321, which is neither root's nor its owner's own; chmod g-w " + at("group.so"));
}

// Names that would break a line, a page or a terminal; one of them in the sentence too.
void SinfulDirectory::addNames() {
  directory_.write("new\nline.so", "text");
  add("new\\x0aline.so", "is not an ELF file; a plugin is a shared library");
  directory_.write("quote\"back\\slash.so", "text");
  add("quote\"back\\slash.so", "is not an ELF file; a plugin is a shared library");
  directory_.write("\x1b[31mred\xff.so", "text");
  fs::permissions(directory_ / "\x1b[31mred\xff.so", fs::perms(0646));
  const std::string shown = "\\x1b[31mred\xEF\xBF\xBD.so";
  add(shown, "it is writable by others; chmod o-w " + at(shown));
}

}  // namespace pulsewatch::testing
