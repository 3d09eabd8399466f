// A new, empty directory under $TMPDIR (or /tmp), removed with all that is in it at the end. Not copied. Throws std::system_error when
// it can't be made; a failed removal is silent.
#pragma once

#include <filesystem>
#include <string>

namespace pulsewatch::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  // Writes a file in it, making the folders on the way; returns its path.
  std::filesystem::path write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

// A file's whole content; "" when it can't be read.
std::string readFile(const std::filesystem::path& path);

}  // namespace pulsewatch::testing
