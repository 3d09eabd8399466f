#include "support/small_disk.h"

#include <cerrno>
#include <fstream>
#include <sys/mount.h>
#include <system_error>
#include <utility>

namespace pulsewatch::testing {

SmallDisk::SmallDisk(std::filesystem::path directory, std::size_t bytes) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
  const std::string options = "mode=0777,size=" + std::to_string(bytes);
  if (::mount("tmpfs", directory_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
    reason_ = "a tmpfs can't be mounted here: " + std::generic_category().message(errno);
}

SmallDisk::~SmallDisk() {
  if (mounted()) ::umount2(directory_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  std::ofstream filler(directory_ / "filler", std::ios::binary | std::ios::app);
  const std::string page(4096, 'x');
  while (filler.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) continue;
}

void SmallDisk::empty() const { std::filesystem::remove(directory_ / "filler"); }

}  // namespace pulsewatch::testing
