#include "support/mariadb_server.h"

#include "support/wait.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <mysql.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/socket.h>
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

std::uint16_t freePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool fine = fd >= 0 && ::bind(fd, any, size) == 0 && ::getsockname(fd, any, &size) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!fine) throw std::system_error(error, std::generic_category(), "looking for a free port");
  return ntohs(address.sin_port);
}

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

void giveTo(const fs::path& directory, const std::optional<User>& user) {
  if (!user) return;
  const auto give = [&](const fs::path& path) {
    if (::lchown(path.c_str(), user->uid, user->gid) != 0)
      throw std::system_error(errno, std::generic_category(), "chown " + path.string());
  };
  give(directory);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) give(entry.path());
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
  fs::copy(dataTemplate(), directory_ / "data", fs::copy_options::recursive);
  directory_.write("accounts.sql", accounts());
  giveTo(directory_.path(), unprivilegedUser());
  start();
}

MariaDbServer::~MariaDbServer() = default;

fs::path MariaDbServer::socketPath() const { return directory_ / "socket"; }

std::string MariaDbServer::url(const std::string& user, const std::string& password, const std::string& database) const {
  return "mysql://" + percentEncoded(user) + ":" + percentEncoded(password) + "@127.0.0.1:" + std::to_string(port_) + "/" +
         percentEncoded(database);
}

std::vector<std::string> MariaDbServer::commandLine() const {
  const std::string directory = directory_.path().string();
  std::vector<std::string> argv = {"mariadbd",
                                   "--no-defaults",
                                   "--datadir=" + directory + "/data",
                                   "--tmpdir=" + directory,
                                   "--socket=" + socketPath().string(),
                                   "--pid-file=" + directory + "/pid",
                                   "--log-error=" + directory + "/error.log",
                                   "--init-file=" + directory + "/accounts.sql",
                                   "--bind-address=127.0.0.1",
                                   "--port=" + std::to_string(port_),
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
  if (errorLog().find("ready for connections") == std::string::npos) return false;
  return Connection(socketPath()).good();
}

void MariaDbServer::start() {
  if (process_) return;
  ChildOptions options;
  options.working_directory = directory_.path();
  options.user = unprivilegedUser();
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (!port_is_settled_) port_ = freePort();
    fs::remove(directory_ / "error.log");
    auto process = std::make_unique<ChildProcess>(commandLine(), plainEnvironment(), options);
    bool ended = false;
    if (waitFor([&] { return answers() || (ended = !process->running()); }, seconds(60)) && !ended) {
      port_is_settled_ = true;
      process_ = std::move(process);
      return;
    }
    if (errorLog().find("Bind on TCP/IP port") == std::string::npos) break;
  }
  throw std::runtime_error("mariadbd did not start:\n" + errorLog());
}

void MariaDbServer::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->signal(SIGCONT);
  if (!process_->waitForExit(seconds(30))) throw std::runtime_error("mariadbd did not stop:\n" + errorLog());
  process_.reset();
}

void MariaDbServer::kill() { process_.reset(); }

void MariaDbServer::freeze() {
  process_->signal(SIGSTOP);
  const std::string stat = "/proc/" + std::to_string(process_->pid()) + "/stat";
  if (!waitFor([&] { return readFile(stat).find(") T ") != std::string::npos; }, seconds(5)))
    throw std::runtime_error("mariadbd did not freeze");
}

void MariaDbServer::thaw() { process_->signal(SIGCONT); }

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

std::string MariaDbServer::errorLog() const { return readFile(directory_ / "error.log"); }

}  // namespace pulsewatch::testing
