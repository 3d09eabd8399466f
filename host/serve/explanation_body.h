// /ready?explain as JSON:
//
//   {"status","timestamp","version","sentences":[…],"root_causes":[NAME…],"checks":{NAME:{
//      "status","reason","vote","critical","scope","message","since","last_run","last_success","next_run",
//      "failures":{"count","fall"},"passes":{"count","rise"},"flapping","depends_on":[…],"root_causes":[…],"sentence"}}}
//
// and `excluded` and `ignored` when names were excluded. `sentences` has the root causes first. `vote` is ready, not_ready, shared_failure,
// excluded or not_critical; `reason` as in verbose. Times are null where there is none; `next_run` is null too while the check runs or is
// paused. Pure.
#pragma once

#include "readiness/explanation.h"
#include "serve/ready_body.h"

#include <string>

namespace pulsewatch {

std::string explanationBody(const Verdict& verdict, const Explanation& explanation, const std::string& version,
                            const ReadyDetail& detail = {});

// One check's object of it.
std::string checkExplanationBody(const CheckExplanation& explanation);

}  // namespace pulsewatch
