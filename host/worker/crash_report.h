// What a dying worker can still say of itself: which signal, whose run, and the stack. A signal handler only notes it; a thread that waits
// for nothing else turns it into text and tells, in its own time, so that a crash inside malloc can't lose more than the text.
//
// For a worker process alone; installed once, before the plugin is loaded.
#pragma once

#include "base/check_result.h"
#include "worker/messages.h"

#include <functional>

namespace pulsewatch {

// `tell` is called with what is known, perhaps again with more, on a thread of its own or on the one that ran out of luck; the process ends
// right after, by the signal it would have died of.
void installCrashReport(std::function<void(const Crash&)> tell);

// A stack of its own for this thread's signal handler: its first one may have overflown.
void prepareThreadForCrash();

// The check whose run this thread is in, from now on; 0: none.
void setCrashCheck(CheckId check);

}  // namespace pulsewatch
