// A tool's migrations on the disk: the files below a directory, and what their content says. Read anew at each run; content only where a
// file has changed since.
//
// Bounded in files, depth, bytes and time, whatever is there: links may go in circles, a file may be a pipe, a directory may have millions
// of entries. What hides from listings (.git) is left out, and so are __pycache__ and node_modules. One thread at a time.
#pragma once

#include "common/deadline.h"
#include "migrations/tool.h"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct stat;

namespace pulsewatch::migrations {

// Why a tree can't be read, and what to do: a sentence.
class Unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TreeLimits {
  std::size_t entries = 200'000;               // files and directories looked at
  std::size_t depth = 32;                      // directories in each other
  std::size_t file_bytes = 4UL * 1024 * 1024;  // of a file's content; what is longer is cut off
};

class Tree {
 public:
  // The tool must outlive it.
  Tree(std::string path, const Tool& tool, TreeLimits limits = {});

  // The tool's files, sorted by path. Throws Unreadable, when the deadline is over too: what has been read by then needn't be again.
  std::vector<File> read(const net::Deadline& deadline);

  // Files whose content the last read() has read.
  [[nodiscard]] std::size_t contentsRead() const { return contents_read_; }

 private:
  using Identity = std::pair<std::uint64_t, std::uint64_t>;  // device and inode

  struct Known {
    std::int64_t size = 0;
    timespec modified{};
    timespec changed{};
    Facts facts;
    bool seen = false;
  };

  struct Walk {
    const net::Deadline& deadline;
    std::vector<File> files;
    std::set<Identity> directories;
    std::size_t entries = 0;
  };

  void enter(const std::string& below, std::size_t depth, Walk& walk);
  void visit(const std::string& below, const std::string& name, std::size_t depth, Walk& walk);
  const Facts* content(const std::string& path, const struct stat& status);
  void checkTime(const Walk& walk) const;
  [[nodiscard]] std::string full(const std::string& below) const;

  const std::string path_;
  const Tool& tool_;
  const TreeLimits limits_;
  std::map<Identity, Known> known_;
  std::size_t contents_read_ = 0;
};

}  // namespace pulsewatch::migrations
