// The rules that need a process of their own, run a few at a time, and told in their order. One thread.
#pragma once

#include "conform/rule.h"

#include <functional>
#include <string>
#include <vector>

namespace pulsewatch::conform {

using TellRule = std::function<void(const Rule& rule, Verdict verdict, const std::string& sentence)>;

// Throws std::system_error when a process can't be started. What the plugin has left behind is killed.
void runRules(const std::vector<const Rule*>& chosen, const Subject& subject, const TellRule& tell);

}  // namespace pulsewatch::conform
