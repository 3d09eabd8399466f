// A migration tool as the check needs to know it: which files are its migrations, what its table says, and how the two compare.
//
// Pure: neither files nor databases are touched here. Constant after construction; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch::migrations {

// What a file's content says, by the tool's own names for it.
using Facts = std::map<std::string, std::vector<std::string>>;

struct File {
  std::string path;  // below the directory that was read, with '/'
  Facts facts;       // of a file whose content is read, else empty
};

using Row = std::vector<std::optional<std::string>>;  // none: NULL

// What the database has of what the code has. Names are for people, in the order in which they would be applied.
struct Comparison {
  std::size_t found = 0;             // of the code's; 0: the directory has none
  std::size_t applied = 0;           // of the code's, in the database
  std::vector<std::string> missing;  // of the code's, not in the database
  std::vector<std::string> ahead;    // in the database, not of the code's
  std::string fault;                 // a sentence, where the two can't be compared or the database is damaged
};

// What the tree reader is to do with a file.
enum class Interest { none, name, content };

class Tool {
 public:
  Tool() = default;
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;
  virtual ~Tool() = default;

  [[nodiscard]] virtual std::string name() const = 0;     // for people: "Django"
  [[nodiscard]] virtual std::string pattern() const = 0;  // for people: where its migrations are
  [[nodiscard]] virtual std::string table() const = 0;    // unless the operator names another
  [[nodiscard]] virtual std::string columns() const = 0;  // of the query, with what they are ordered by
  [[nodiscard]] virtual bool recursive() const { return true; }

  // By its path below the directory.
  [[nodiscard]] virtual Interest interest(std::string_view path) const = 0;
  // `whole`: nothing of the content was cut off.
  [[nodiscard]] virtual Facts facts(std::string_view /*path*/, std::string_view /*content*/, bool /*whole*/) const { return {}; }

  // The files are sorted by path; no rows where there is no table.
  [[nodiscard]] virtual Comparison compare(const std::vector<File>& files, const std::vector<Row>& rows) const = 0;
};

// What the settings say, for the modes that have such.
struct ToolOptions {
  std::string path;    // the directory, absolute
  std::string apps;    // "shop,users": only these; empty: all
  std::string labels;  // "src/users=accounts,build="
};

// `mode` is one of modes(). Throws std::invalid_argument with a sentence about a setting.
std::unique_ptr<Tool> makeTool(const std::string& mode, const ToolOptions& options);

extern const char* const modes;         // separated by '|'
extern const char* const default_mode;  // Django

}  // namespace pulsewatch::migrations
