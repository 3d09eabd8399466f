#include "base/stack_trace.h"

#include "base/mutex.h"

#include <boost/stacktrace.hpp>
#include <boost/stacktrace/safe_dump_to.hpp>

#include <array>
#include <cstddef>
#include <cxxabi.h>
#include <dlfcn.h>
#include <exception>
#include <map>
#include <sys/types.h>
#include <typeinfo>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostFrames = 48;
constexpr std::size_t kMostRemembered = 256;

struct ThrowStack {
  const void* exception = nullptr;  // the thrown object, to know the stack is the current exception's
  std::array<const void*, kMostFrames> frames{};
  std::size_t count = 0;
};

thread_local ThrowStack last_throw;

using Throw = void (*)(void*, std::type_info*, void (*)(void*));

Throw runtimeThrow() {
  static const auto next = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
  return next;
}

// A plugin is loaded from a descriptor; its file's name says more.
std::string withFileName(std::string frame) {
  const std::string prefix = "/proc/self/fd/";
  const std::size_t at = frame.find(prefix);
  if (at == std::string::npos) return frame;
  std::size_t end = frame.find_first_not_of("0123456789", at + prefix.size());
  if (end == std::string::npos) end = frame.size();
  std::array<char, 300> target{};
  const ssize_t size = ::readlink(frame.substr(at, end - at).c_str(), target.data(), target.size());
  if (size <= 0) return frame;
  std::string name(target.data(), static_cast<std::size_t>(size));
  name = name.substr(name.rfind(':') + 1);
  return frame.replace(at, end - at, name.substr(0, name.find(" (deleted)")));
}

Mutex describing;  // libbacktrace's state is shared

std::string describe(std::span<const void* const> frames) {
  std::string text;
  for (const void* address : frames) {
    // A return address: behind a call that doesn't return it is the next function's, one byte before it is the call's own.
    const boost::stacktrace::frame frame(static_cast<const char*>(address) - 1);
    text += text.empty() ? "" : "\n";
    text += withFileName(boost::stacktrace::to_string(frame));
  }
  return text;
}

}  // namespace

std::string currentExceptionTrace() {
  const std::exception_ptr current = std::current_exception();
  if (current == nullptr || last_throw.count == 0) return {};
  const void* object = nullptr;
  static_assert(sizeof(object) == sizeof(current));
  __builtin_memcpy(&object, &current, sizeof(object));
  if (object != last_throw.exception) return {};

  static std::map<std::vector<const void*>, std::string> remembered;
  const std::vector<const void*> frames(last_throw.frames.begin(),
                                        last_throw.frames.begin() + static_cast<std::ptrdiff_t>(last_throw.count));
  const MutexLock lock(describing);
  if (const auto found = remembered.find(frames); found != remembered.end()) return found->second;
  std::string text = describe(frames);
  if (remembered.size() < kMostRemembered) remembered.emplace(frames, text);
  return text;
}

std::string describeFrames(std::span<const void* const> frames) {
  const MutexLock lock(describing);
  return describe(frames);
}

}  // namespace pulsewatch

// Stands in front of the C++ runtime's. By its assembler name: compilers have declarations of their own for __cxa_throw that differ.
// https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html
extern "C" [[noreturn]] __attribute__((visibility("default"))) void pulsewatchThrow(void* exception, std::type_info* type,
                                                                                    void (*destructor)(void*)) __asm__("__cxa_throw");

void pulsewatchThrow(void* exception, std::type_info* type, void (*destructor)(void*)) {
  using pulsewatch::last_throw;
  last_throw.exception = exception;
  last_throw.count = boost::stacktrace::safe_dump_to(1, last_throw.frames.data(), sizeof(last_throw.frames));
  while (last_throw.count > 0 && last_throw.frames[last_throw.count - 1] == nullptr) --last_throw.count;
  pulsewatch::runtimeThrow()(exception, type, destructor);
  __builtin_unreachable();
}
