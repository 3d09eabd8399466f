// The log's text as records: one is a line and those behind it that begin with a space, as text_line makes them. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace pulsewatch {

// How many records end in `text`, which ends with one.
std::size_t countRecords(std::string_view text);

// The length of the whole records within the first `most` bytes of `text`.
std::size_t wholeRecords(std::string_view text, std::size_t most);

// The length of the first record.
std::size_t firstRecord(std::string_view text);

}  // namespace pulsewatch
