// What this process has: memory, descriptors, threads and children, to be compared after a plugin had its way.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace pulsewatch::conform {

// Bytes that are allocated, by malloc, and mapped for data otherwise.
struct Memory {
  std::size_t allocated = 0;
  std::size_t mapped = 0;
  static Memory now();
};

// What each open descriptor leads to.
std::map<int, std::string> openDescriptors();

std::size_t threadCount();

// Whether there is a child of this process, living or not waited for.
bool hasChildren();

// Whether the condition came to hold.
bool waitUntil(const std::function<bool()>& condition, Milliseconds within);

}  // namespace pulsewatch::conform
