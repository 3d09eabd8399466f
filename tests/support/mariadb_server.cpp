#include "support/mariadb_server.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <mysql.h>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// Small files, so that a copy is cheap; durability is nothing a test needs.
const std::vector<std::string>& storageOptions() {
  static const std::vector<std::string> options = {"--innodb-log-file-size=4M", "--innodb-data-file-path=ibdata1:5M:autoextend",
                                                   "--innodb-autoextend-increment=1", "--innodb-buffer-pool-size=16M"};
  return options;
}

class FileLock {
 public:
  explicit FileLock(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) throw std::system_error(errno, std::generic_category(), "locking " + file.string());
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { ::close(fd_); }

 private:
  int fd_;
};

// A data directory fresh from mariadb-install-db, made once for each build directory.
fs::path dataTemplate() {
  const fs::path cache = PULSEWATCH_TEST_CACHE;
  const fs::path finished = cache / "mariadb-data";
  fs::create_directories(cache);
  const FileLock lock(cache / "mariadb-data.lock");
  if (fs::exists(finished)) return finished;
  const fs::path fresh = cache / "mariadb-data.new";
  fs::remove_all(fresh);
  std::vector<std::string> argv = {
      "mariadb-install-db", "--no-defaults", "--datadir=" + fresh.string(), "--auth-root-authentication-method=normal", "--force",
      "--skip-test-db"};
  if (::geteuid() == 0) argv.emplace_back("--user=root");
  argv.insert(argv.end(), storageOptions().begin(), storageOptions().end());
  ChildProcess installer(argv, plainEnvironment());
  if (installer.waitForExit(seconds(120)) != 0)
    throw std::runtime_error("mariadb-install-db failed: " + installer.output() + installer.errors());
  fs::rename(fresh, finished);
  return finished;
}

std::string sqlQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// Read at each start, before the first connection.
std::string accounts() {
  return "DELETE FROM mysql.global_priv WHERE User='' OR (User='root' AND Host<>'localhost');\nFLUSH PRIVILEGES;\n"
         "CREATE DATABASE IF NOT EXISTS " +
         MariaDbServer::database() + ";\nCREATE USER IF NOT EXISTS '" + MariaDbServer::user() + "'@'%' IDENTIFIED BY " +
         sqlQuoted(MariaDbServer::password()) + ";\nGRANT ALL ON " + MariaDbServer::database() + ".* TO '" + MariaDbServer::user() +
         "'@'%';\n";
}

// An administrator's connection for as long as the object lives.
class Connection {
 public:
  explicit Connection(const fs::path& socket) {
    const unsigned int timeout_s = 10;
    ::mysql_optionsv(handle_, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
    ::mysql_optionsv(handle_, MYSQL_OPT_READ_TIMEOUT, &timeout_s);
    ::mysql_optionsv(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    good_ = ::mysql_real_connect(handle_, "localhost", "root", "", nullptr, 0, socket.c_str(), 0) != nullptr;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::mysql_close(handle_); }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] MYSQL* get() const { return handle_; }
  [[nodiscard]] std::string error() const { return ::mysql_error(handle_); }

 private:
  MYSQL* handle_ = ::mysql_init(nullptr);
  bool good_ = false;
};

}  // namespace

std::string percentEncoded(const std::string& text) {
  static const char* const hex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      encoded += c;
    else
      (encoded += '%').append({hex[byte >> 4U], hex[byte & 15U]});
  }
  return encoded;
}

const std::string& MariaDbServer::user() {
  static const std::string name = "pulsewatch";
  return name;
}

const std::string& MariaDbServer::password() {
  static const std::string text = "p;a@s:s/w%rd'\"\\ \xc3\xbc";
  return text;
}

const std::string& MariaDbServer::database() {
  static const std::string name = "pulsewatch_dev";
  return name;
}

MariaDbServer::MariaDbServer(std::vector<std::string> options) : options_(std::move(options)) {
  fs::copy(dataTemplate(), path("data"), fs::copy_options::recursive);
  write("accounts.sql", accounts());
  start();
}

std::string MariaDbServer::url(const std::string& user, const std::string& password, const std::string& database) const {
  return "mysql://" + percentEncoded(user) + ":" + percentEncoded(password) + "@127.0.0.1:" + std::to_string(port()) + "/" +
         percentEncoded(database);
}

std::vector<std::string> MariaDbServer::commandLine() {
  std::vector<std::string> argv = {"mariadbd",
                                   "--no-defaults",
                                   "--datadir=" + path("data").string(),
                                   "--tmpdir=" + directory().string(),
                                   "--socket=" + socketPath().string(),
                                   "--pid-file=" + path("pid").string(),
                                   "--log-error=" + path("server.log").string(),
                                   "--init-file=" + path("accounts.sql").string(),
                                   "--bind-address=127.0.0.1",
                                   "--port=" + std::to_string(port()),
                                   "--skip-name-resolve",
                                   "--skip-log-bin",
                                   "--character-set-server=utf8mb4",
                                   "--performance-schema=OFF",
                                   "--key-buffer-size=1M",
                                   "--table-open-cache=64",
                                   "--innodb-flush-log-at-trx-commit=0",
                                   "--innodb-flush-method=nosync",
                                   "--innodb-temp-data-file-path=ibtmp1:4M:autoextend"};
  argv.insert(argv.end(), storageOptions().begin(), storageOptions().end());
  argv.insert(argv.end(), options_.begin(), options_.end());
  return argv;
}

bool MariaDbServer::answers() const {
  if (log().find("ready for connections") == std::string::npos) return false;
  return Connection(socketPath()).good();
}

std::vector<std::vector<std::string>> MariaDbServer::sql(const std::string& statement) const {
  const Connection connection(socketPath());
  if (!connection.good() || ::mysql_real_query(connection.get(), statement.data(), statement.size()) != 0)
    throw std::runtime_error(statement + ": " + connection.error());
  const std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)> result(::mysql_store_result(connection.get()), ::mysql_free_result);
  std::vector<std::vector<std::string>> rows;
  if (!result) return rows;
  while (MYSQL_ROW row = ::mysql_fetch_row(result.get())) {
    const unsigned long* lengths = ::mysql_fetch_lengths(result.get());
    std::vector<std::string>& texts = rows.emplace_back();
    for (unsigned int i = 0; i < ::mysql_num_fields(result.get()); ++i)
      texts.push_back(row[i] == nullptr ? std::string("NULL") : std::string(row[i], lengths[i]));
  }
  return rows;
}

long long MariaDbServer::status(const std::string& name) const {
  const auto rows = sql("SHOW GLOBAL STATUS LIKE " + sqlQuoted(name));
  if (rows.size() != 1) throw std::runtime_error("no status variable " + name);
  return std::stoll(rows[0].at(1));
}

}  // namespace pulsewatch::testing
