#include "config/password_hash.h"

#include <algorithm>

namespace pulsewatch {

namespace {

// crypt(5)'s digits, of 0 to 63.
constexpr std::string_view kDigits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kAdvice = "; make one with `htpasswd -nB NAME` or `mkpasswd -m yescrypt`";
constexpr int kLeastBcrypt = 5;  // what htpasswd takes by itself
constexpr int kMostBcrypt = 14;  // a second or so
// Of mkpasswd's --rounds, 5 by itself: 64 MiB and a tenth of a second at the most.
constexpr int kMostYescrypt = 7;

bool areDigits(std::string_view text) { return text.find_first_not_of(kDigits) == std::string_view::npos; }

std::string damaged(std::string_view kind) {
  return "has a damaged " + std::string(kind) +
         " hash; write it whole, in a shell between single quotes, or name the file that htpasswd made in "
         "PULSEWATCH_HTTP_AUTH_USERS_FILE";
}

std::string costly(std::string_view kind, int cost, int least, int most, std::string_view advice) {
  return "has a " + std::string(kind) + " hash of cost " + std::to_string(cost) + " where " + std::to_string(least) + " to " +
         std::to_string(most) + " are taken; make one with `" + std::string(advice) + "`";
}

// $2y$05$ and 53 digits.
std::string bcryptFault(std::string_view rest) {
  const bool shaped = rest.size() == 56 && rest[2] == '$' && rest[0] >= '0' && rest[0] <= '3' && rest[1] >= '0' && rest[1] <= '9' &&
                      areDigits(rest.substr(3));
  if (!shaped) return damaged("bcrypt");
  const int cost = (rest[0] - '0') * 10 + (rest[1] - '0');
  if (cost < kLeastBcrypt || cost > kMostBcrypt) return costly("bcrypt", cost, kLeastBcrypt, kMostBcrypt, "htpasswd -nBC 10 NAME");
  return {};
}

// As crypt_gensalt(3) makes them of a cost from 1 to 11: the logarithm of N and r as digits, r being 8 for the first two and 32 after.
int yescryptCost(std::string_view parameters) {
  if (parameters.size() != 3 || parameters[0] != 'j') return 0;
  const int log_n = static_cast<int>(kDigits.find(parameters[1])) + 1;
  const int cost = parameters[2] == '5' ? log_n - 9 : parameters[2] == 'T' ? log_n - 7 : 0;
  return parameters[2] == '5' && cost > 2 ? 0 : parameters[2] == 'T' && cost < 3 ? 0 : std::max(cost, 0);
}

// $y$j9T$salt$ and 43 digits.
std::string yescryptFault(std::string_view rest) {
  const std::size_t salt = rest.find('$');
  const std::size_t end = salt == std::string_view::npos ? salt : rest.find('$', salt + 1);
  if (end == std::string_view::npos || end - salt < 2 || end - salt > 87 || !areDigits(rest.substr(salt + 1, end - salt - 1)) ||
      rest.size() - end != 44 || !areDigits(rest.substr(end + 1)) || !areDigits(rest.substr(0, salt)))
    return damaged("yescrypt");
  const int cost = yescryptCost(rest.substr(0, salt));
  if (cost == 0) return "has a yescrypt hash with parameters that crypt(5) does not make" + std::string(kAdvice);
  if (cost > kMostYescrypt) return costly("yescrypt", cost, 1, kMostYescrypt, "mkpasswd -m yescrypt");
  return {};
}

}  // namespace

std::string passwordHashFault(std::string_view hash) {
  for (const std::string_view kind : {"$2a$", "$2b$", "$2y$"}) {
    if (hash.substr(0, kind.size()) == kind) return bcryptFault(hash.substr(kind.size()));
  }
  if (hash.substr(0, 3) == "$y$") return yescryptFault(hash.substr(3));
  return "has something else than a bcrypt ($2y$…) or yescrypt ($y$…) hash for its password" + std::string(kAdvice);
}

}  // namespace pulsewatch
