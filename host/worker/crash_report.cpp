#include "worker/crash_report.h"

#include "base/stack_trace.h"
#include "worker/worker_process.h"

#include <boost/stacktrace/safe_dump_to.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <semaphore.h>
#include <span>
#include <sys/mman.h>
#include <thread>
#include <time.h>
#include <ucontext.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP, SIGABRT};
constexpr std::size_t kMostFrames = 64;
constexpr std::size_t kAlternateStack = std::size_t{64} * 1024;
constexpr int kWaits = 300;
constexpr timespec kWait{0, 10'000'000};  // three seconds in all: to read debug information takes half of one where nothing else goes on

thread_local CheckId thread_check = 0;

// Written by the handler of the one thread that crashes first, read after `crashed` was posted.
struct Noted {
  int signal = 0;
  CheckId check = 0;
  std::array<const void*, kMostFrames> frames{};
  std::size_t count = 0;
  const void* fault = nullptr;
};
Noted noted;
std::atomic_flag taken;
std::atomic<bool> told{false};
sem_t crashed;
std::function<void(const Crash&)>* tell_crash = nullptr;
std::atomic<char*> reserve{nullptr};  // given back when memory has run out, so that this can be told

const void* faultAddress(const void* context) {
#if defined(__x86_64__)
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives it as a number
  return reinterpret_cast<const void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
#else
  return nullptr;
#endif
}

// Only what a signal handler may do, and the unwinder, which glibc's own backtrace() uses there too.
void onSignal(int signal, siginfo_t* /*info*/, void* context) {
  if (!taken.test_and_set()) {
    noted.signal = signal;
    noted.check = thread_check;
    noted.fault = faultAddress(context);
    noted.count = boost::stacktrace::safe_dump_to(noted.frames.data(), sizeof(noted.frames));
    sem_post(&crashed);
  }
  for (int i = 0; i < kWaits && !told.load(); ++i) nanosleep(&kWait, nullptr);
  std::signal(signal, SIG_DFL);  // NOLINT(cert-err33-c)
  raise(signal);                 // comes when the handler returns; a fault comes again by itself
}

// Without the handler's own frames: those before the instruction at fault.
std::span<const void* const> framesOf(const Noted& crash) {
  std::span<const void* const> frames(crash.frames.data(), crash.count);
  while (!frames.empty() && frames.back() == nullptr) frames = frames.first(frames.size() - 1);
  const auto fault = std::find(frames.begin(), frames.end(), crash.fault);
  return fault == frames.end() ? frames : frames.subspan(static_cast<std::size_t>(fault - frames.begin()));
}

void waitForCrash() {
  while (sem_wait(&crashed) != 0) continue;
  ::operator delete(reserve.exchange(nullptr));  // memory may have been the reason
  Crash crash{noted.check, describeEnd({true, noted.signal}), {}};
  (*tell_crash)(crash);  // the stack may be more than it can still do
  try {
    crash.stack_trace = describeFrames(framesOf(noted));
    (*tell_crash)(crash);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): no memory for it
  }
  told = true;
}

// The process's last act where it isn't a signal's doing.
[[noreturn]] void dieTelling(const std::string& what, const std::string& stack_trace) {
  if (!taken.test_and_set()) (*tell_crash)({thread_check, what, stack_trace});
  std::signal(SIGABRT, SIG_DFL);  // NOLINT(cert-err33-c)
  std::abort();
}

[[noreturn]] void onTerminate() {
  std::string what = "SIGABRT";
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& e) {
    dieTelling(what + ", an exception that nobody caught: " + e.what(), currentExceptionTrace());
  } catch (...) {
    dieTelling(what + ", an exception that nobody caught and that is no std::exception", currentExceptionTrace());
  }
  dieTelling(what, "");
}

void onNoMemory() {
  char* const spare = reserve.exchange(nullptr);
  if (spare == nullptr) throw std::bad_alloc();
  ::operator delete(spare);
  std::array<const void*, kMostFrames> frames{};
  const std::size_t count = boost::stacktrace::safe_dump_to(1, frames.data(), sizeof(frames));
  dieTelling("out of memory", describeFrames(std::span(frames).first(count > 0 ? count - 1 : 0)));
}

}  // namespace

void installCrashReport(std::function<void(const Crash&)> tell) {
  tell_crash = new std::function<void(const Crash&)>(std::move(tell));  // for good
  reserve = static_cast<char*>(::operator new (std::size_t{1} << 20U));
  sem_init(&crashed, 0, 0);
  std::array<const void*, 2> warm_up{};
  boost::stacktrace::safe_dump_to(warm_up.data(), sizeof(warm_up));  // loads the unwinder, which a handler couldn't
  std::thread(waitForCrash).detach();
  prepareThreadForCrash();
  struct sigaction action {};
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) sigaction(signal, &action, nullptr);
  std::set_terminate(onTerminate);
  std::set_new_handler(onNoMemory);
}

void prepareThreadForCrash() {
  void* const memory = ::mmap(nullptr, kAlternateStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;  // then a stack overflow is told without a trace
  struct Stack {
    explicit Stack(void* bytes) : memory(bytes) {}
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack() {
      stack_t none{};
      none.ss_flags = SS_DISABLE;
      sigaltstack(&none, nullptr);
      ::munmap(memory, kAlternateStack);
    }
    void* memory;
  };
  static thread_local std::unique_ptr<Stack> own;
  own = std::make_unique<Stack>(memory);
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kAlternateStack;
  sigaltstack(&stack, nullptr);
}

void setCrashCheck(CheckId check) { thread_check = check; }

}  // namespace pulsewatch
