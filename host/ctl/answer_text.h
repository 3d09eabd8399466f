// The daemon's answers as text for people at a terminal. Throws Poco::Exception when an answer lacks what it should have. Pure.
#pragma once

#include <Poco/JSON/Object.h>

#include <cstdint>
#include <string>

namespace pulsewatch {

std::string statusText(const Poco::JSON::Object& answer);
std::string mutesText(const Poco::JSON::Object& answer);  // of a status' answer
std::string explainText(const Poco::JSON::Object& answer);
std::string pluginsText(const Poco::JSON::Object& answer);
std::string runEndText(const std::string& check, const Poco::JSON::Object& answer);
std::string mutedText(const std::string& check, const Poco::JSON::Object& answer);

}  // namespace pulsewatch
