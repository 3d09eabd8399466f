// Request and run ids: random UUIDs, RFC 4122 version 4. Poco's generator opens /dev/urandom for each one, which fails on the day
// descriptors run out.
#pragma once

#include <string>
#include <string_view>

namespace pulsewatch {

// Any thread. Unique, not secret.
std::string randomUuid();

// Whether `text` is a UUID of any version as text: 8-4-4-4-12 hex digits.
bool isUuid(std::string_view text);

}  // namespace pulsewatch
