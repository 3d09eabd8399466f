// Text laid out for people at a terminal of 80 to 100 columns. A width is counted in characters. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// Text from strangers as one line that shows all it has, cut to some hundred characters.
std::string oneLine(std::string_view text);

// Columns side by side, each line behind `indent`, two spaces between. A cell that is longer than most moves only what is behind it.
std::string columns(const std::vector<std::vector<std::string>>& rows, std::string_view indent = {});

// Broken at spaces into lines of about 96 characters, each behind `indent` spaces; a longer word stays whole.
std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace pulsewatch
