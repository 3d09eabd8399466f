#include "migrations/tree.h"

#include "migrations/shown_text.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::migrations {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string words(int error) { return std::generic_category().message(error); }

[[noreturn]] void throwDenied(const std::string& path, int error) {
  throw Unreadable(shown(path) + " can't be read (" + words(error) + "); let pulsewatch's user read it, or correct path");
}

std::string joined(const std::string& below, const std::string& name) { return below.empty() ? name : below + "/" + name; }

bool isLeftOut(const std::string& name) { return name[0] == '.' || name == "__pycache__" || name == "node_modules"; }

bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

// A file that was changed just now may change again without its times showing it.
bool isSettled(const struct stat& status) { return std::time(nullptr) - std::max(status.st_mtime, status.st_ctime) > 2; }

// The first `most` bytes; none when it is gone, or no file any more.
std::optional<std::string> readStart(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (file.get() < 0) throwDenied(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string content(std::min(static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1, most), '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t count = ::read(file.get(), content.data() + length, content.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throwDenied(path, errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  content.resize(length);
  return content;
}

}  // namespace

Tree::Tree(std::string path, const Tool& tool, TreeLimits limits) : path_(std::move(path)), tool_(tool), limits_(limits) {}

std::vector<File> Tree::read(const net::Deadline& deadline) {
  contents_read_ = 0;
  for (auto& [identity, known] : known_) known.seen = false;
  Walk walk{deadline, {}, {}, 0};
  enter("", 0, walk);
  for (auto entry = known_.begin(); entry != known_.end();) entry = entry->second.seen ? std::next(entry) : known_.erase(entry);
  std::sort(walk.files.begin(), walk.files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return std::move(walk.files);
}

void Tree::enter(const std::string& below, std::size_t depth, Walk& walk) {
  const std::string path = full(below);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (depth > 0 && errno == ENOENT) return;  // gone meanwhile
    if (errno == ENOENT) throw Unreadable(shown(path) + " is not there; set path to the directory with the migrations");
    throwDenied(path, errno);
  }
  if (!S_ISDIR(status.st_mode)) throw Unreadable(shown(path) + " is no directory; set path to the directory with the migrations");
  if (depth > limits_.depth || !walk.directories.emplace(status.st_dev, status.st_ino).second) return;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path, error); !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (++walk.entries > limits_.entries)
      throw Unreadable("more than " + std::to_string(limits_.entries) + " files below " + shown(path_) +
                       "; set path to a smaller directory");
    if (walk.entries % 256 == 0) checkTime(walk);
    std::string name = entry->path().filename().string();
    if (isLeftOut(name)) continue;
    std::error_code unknown;  // gone, or a link to nowhere or to itself
    if (tool_.interest(joined(below, name)) != Interest::none || (tool_.recursive() && entry->is_directory(unknown)))
      names.push_back(std::move(name));
  }
  if (error && error.value() != ENOENT) throwDenied(path, error.value());
  checkTime(walk);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) visit(below, name, depth, walk);
}

void Tree::visit(const std::string& below, const std::string& name, std::size_t depth, Walk& walk) {
  const std::string path = joined(below, name);
  const Interest interest = tool_.interest(path);
  struct stat status {};
  if (::stat(full(path).c_str(), &status) != 0) return;  // gone, or a link to nowhere or to itself
  if (S_ISDIR(status.st_mode)) {
    if (tool_.recursive()) enter(path, depth + 1, walk);
  } else if (S_ISREG(status.st_mode) && interest == Interest::name) {
    walk.files.push_back({path, {}});
  } else if (S_ISREG(status.st_mode) && interest == Interest::content) {
    checkTime(walk);
    if (const Facts* facts = content(path, status)) walk.files.push_back({path, *facts});
  }
}

const Facts* Tree::content(const std::string& path, const struct stat& status) {
  Known& known = known_[{status.st_dev, status.st_ino}];
  const bool unchanged = known.size == status.st_size && same(known.modified, status.st_mtim) && same(known.changed, status.st_ctim);
  known.seen = true;
  if (unchanged && known.changed.tv_sec != 0) return &known.facts;
  const std::optional<std::string> text = readStart(full(path), limits_.file_bytes);
  if (!text) return nullptr;
  ++contents_read_;
  known.facts = tool_.facts(path, *text, static_cast<std::size_t>(status.st_size) <= limits_.file_bytes);
  known.size = status.st_size;
  known.modified = status.st_mtim;
  known.changed = isSettled(status) ? status.st_ctim : timespec{};
  return &known.facts;
}

void Tree::checkTime(const Walk& walk) const {
  if (walk.deadline.over()) throw Unreadable(shown(path_) + " wasn't read in time; set path to a smaller directory, or a longer timeout");
}

std::string Tree::full(const std::string& below) const { return below.empty() ? path_ : joined(path_, below); }

}  // namespace pulsewatch::migrations
