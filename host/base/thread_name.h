// Names for threads, as top -H, debuggers and /proc/PID/task/TID/comm show them.
#pragma once

#include <pthread.h>

namespace pulsewatch {

// The calling thread's, of 15 characters at most; a longer one leaves it as it is.
inline void nameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace pulsewatch
