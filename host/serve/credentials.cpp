#include "serve/credentials.h"

#include "config/text_parts.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <crypt.h>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostEncoded = 2048;
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Strict RFC 4648; false for anything else.
bool decodeBase64(std::string_view text, std::string& decoded) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kMostEncoded) return false;
  const std::size_t padding = text[text.size() - 1] != '=' ? 0 : text[text.size() - 2] != '=' ? 1 : 2;
  if (text.substr(0, text.size() - padding).find_first_not_of(kBase64) != std::string_view::npos) return false;
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size())) < 0) return false;
  decoded.assign(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(padding));
  return true;
}

bool isSame(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

// As crypt(3) does it: "" when it can't.
std::string hashed(const std::string& password, const std::string& setting) {
  if (password.find('\0') != std::string::npos) return {};
  const auto data = std::make_unique<crypt_data>();
  const char* const hash = ::crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
  return hash == nullptr ? std::string() : std::string(hash);
}

std::uint64_t randomSalt() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

Presented presented(std::string_view authorization) {
  Presented found;
  const std::size_t space = authorization.find(' ');
  const std::string scheme = lowerCase(authorization.substr(0, space));
  const std::string_view rest = space == std::string_view::npos ? std::string_view() : trimmed(authorization.substr(space));
  if (scheme == "bearer") {
    found.scheme = Presented::Scheme::bearer;
    found.valid = !rest.empty();
    found.secret = rest;
  } else if (scheme == "basic") {
    found.scheme = Presented::Scheme::basic;
    std::string pair;
    if (!decodeBase64(rest, pair)) return found;
    const std::size_t colon = pair.find(':');
    found.valid = colon != std::string::npos;
    found.user = pair.substr(0, colon);
    if (found.valid) found.secret = pair.substr(colon + 1);
  }
  return found;
}

Credentials::Credentials(AuthConfig config) : config_(std::move(config)), salt_(randomSalt()) {
  if (!config_.token.empty()) challenge_ = R"(Bearer realm="pulsewatch")";
  if (!config_.users.empty()) challenge_ += std::string(challenge_.empty() ? "" : ", ") + R"(Basic realm="pulsewatch", charset="UTF-8")";
}

bool Credentials::hashes(const Presented& presented) const {
  return presented.valid && presented.scheme == Presented::Scheme::basic && !config_.users.empty();
}

bool Credentials::areRight(const Presented& presented) const {
  if (!presented.valid) return false;
  if (presented.scheme == Presented::Scheme::bearer) return !config_.token.empty() && isSame(presented.secret, config_.token);
  return hashes(presented) && isPassword(presented);
}

// Of a user that there is none of, the password is compared with another user's, always the same one: who asks can't tell the two apart by
// the time it takes, whatever kinds and costs the hashes are of.
bool Credentials::isPassword(const Presented& presented) const {
  const auto user = config_.users.find(presented.user);
  const bool known = user != config_.users.end();
  const std::size_t stand_in = std::hash<std::string>()(std::to_string(salt_) + presented.user) % config_.users.size();
  const auto other = std::next(config_.users.begin(), static_cast<std::ptrdiff_t>(stand_in));
  const std::string& hash = known ? user->second : other->second;
  const bool same = isSame(hashed(presented.secret, hash), hash);
  return known && same;
}

}  // namespace pulsewatch
