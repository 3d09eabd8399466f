// A rule in a process of its own: forked from this one, which has loaded no plugin and has one thread. Whatever the plugin does there costs
// that rule alone. The whole process group is killed when its owner goes. One thread.
#pragma once

#include "base/file_descriptor.h"
#include "conform/progress.h"
#include "conform/rule.h"

#include <string>
#include <sys/types.h>

namespace pulsewatch::conform {

class RuleProcess {
 public:
  // Throws std::system_error.
  RuleProcess(const Rule& rule, const Subject& subject);
  RuleProcess(const RuleProcess&) = delete;
  RuleProcess& operator=(const RuleProcess&) = delete;
  ~RuleProcess();

  [[nodiscard]] int endDescriptor() const { return pid_descriptor_.get(); }  // readable once it has ended

  // Whether it has ended; one that is too long in a step is killed. Then:
  bool over();
  [[nodiscard]] Verdict verdict() const { return verdict_; }
  [[nodiscard]] const std::string& sentence() const { return sentence_; }

 private:
  [[noreturn]] void runRule(const Rule& rule, const Subject& subject, int output);
  void kill() const;
  [[nodiscard]] std::string place() const;

  Board* board_;
  pid_t pid_ = 0;
  FileDescriptor pid_descriptor_;
  bool reaped_ = false;
  bool too_long_ = false;
  Verdict verdict_ = Verdict::none;
  std::string sentence_;
};

}  // namespace pulsewatch::conform
