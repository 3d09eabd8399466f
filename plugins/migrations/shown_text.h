// Names and paths in sentences. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pulsewatch::migrations {

// Fit for a message: one line of UTF-8, and no longer than leaves room for three and words between. Of a longer text the end is kept.
std::string shown(std::string_view text);

}  // namespace pulsewatch::migrations
