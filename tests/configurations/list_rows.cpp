// The keys that are lists: hosts, networks, paths, directories, owners.
#include "configurations/configuration.h"

namespace pulsewatch::testing {
namespace {

const std::string no_host = " is not a host; write *, .example.com, a host's name, or an address";
const std::string no_hosts = " is not a list without empty entries; write hosts with commas between them, without an empty one";
const std::string no_network = " is neither an IP address nor a network; write e.g. 127.0.0.1 or 10.0.0.0/8";
const std::string no_bracketed = " is not an IPv6 address in brackets, without a port; write e.g. [::1]";
const std::string no_path = " is not a path; write it with its leading /, without a query";

Configurations hosts() {
  const std::string key = "http.allowed_hosts";
  const std::string label = std::string(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  return {
      taken(key, "*", "*"),
      taken(key, "", ""),
      taken(key, ".Example.COM , LOCALHOST", ".example.com,localhost"),
      taken(key, "10.0.0.1,[FD00::1],[::ffff:10.0.0.1]", "10.0.0.1,[fd00::1],[::ffff:10.0.0.1]"),
      taken(key, "*,a", "*,a"),
      taken(key, "a_b-c.d", "a_b-c.d"),
      taken(key, longest, longest),
      refused(key, longest + "c", "\"" + label.substr(0, 60) + "…\"" + no_host),
      refused(key, ",", "\",\"" + no_hosts),
      refused(key, "a,", "\"a,\"" + no_hosts),
      refused(key, ",a", "\",a\"" + no_hosts),
      refused(key, "a, ,b", "\"a, ,b\"" + no_hosts),
      refused(key, "a;b", "\"a;b\"" + no_host),
      refused(key, "a b", "\"a b\"" + no_host),
      refused(key, "a..b", "\"a..b\"" + no_host),
      refused(key, ".", "\".\"" + no_host),
      refused(key, "..", "\"..\"" + no_host),
      refused(key, "a.", "\"a.\"" + no_host),
      refused(key, "bücher.example", "\"bücher.example\"" + no_host),
      refused(key, "user@a", "\"user@a\"" + no_host),
      refused(key, "*.example.com",
              "\"*.example.com\" has a *, which stands alone only; write .example.com for a domain with its subdomains"),
      refused(key, "**", "\"**\" has a *, which stands alone only; write .example.com for a domain with its subdomains"),
      refused(key, "a.*", "\"a.*\"" + no_host),
      refused(key, "https://a", "\"https://a\" has a scheme; write the host alone"),
      refused(key, "a:8080", "\"a:8080\" has a port; write the host alone"),
      refused(key, "10.0.0.1:80", "\"10.0.0.1:80\" has a port; write the host alone"),
      refused(key, "fd00::1", "\"fd00::1\" is an IPv6 address without brackets; write [fd00::1]"),
      refused(key, "[::1]:80", "\"[::1]:80\"" + no_bracketed),
      refused(key, "[::1", "\"[::1\"" + no_bracketed),
      refused(key, "[]", "\"[]\"" + no_bracketed),
      refused(key, "[127.0.0.1]", "\"[127.0.0.1]\"" + no_bracketed),
      refused(key, "[fe80::1%lo]", "\"[fe80::1%lo]\"" + no_bracketed),
  };
}

Configurations others() {
  const std::string proxies = "http.trusted_proxies";
  const std::string exempt = "http.ssl_redirect_exempt";
  const std::string directories = "plugins.directories";
  const std::string owners = "plugins.owners";
  return {
      taken(proxies, "", ""),
      taken(proxies, "127.0.0.1, ::1", "127.0.0.1,::1"),
      taken(proxies, "0.0.0.0/0,::/0", "0.0.0.0/0,::/0"),
      taken(proxies, "10.0.0.0/32,fd00::/128", "10.0.0.0/32,fd00::/128"),
      refused(proxies, "10.0.0.0/33", "\"10.0.0.0/33\"" + no_network),
      refused(proxies, "fd00::/129", "\"fd00::/129\"" + no_network),
      refused(proxies, "10.0.0.0/-1", "\"10.0.0.0/-1\"" + no_network),
      refused(proxies, "10.0.0.0/", "\"10.0.0.0/\"" + no_network),
      refused(proxies, "10.0.0.0/8/8", "\"10.0.0.0/8/8\"" + no_network),
      refused(proxies, "10.0.0.0/255.0.0.0", "\"10.0.0.0/255.0.0.0\"" + no_network),
      refused(proxies, "10.0.0", "\"10.0.0\"" + no_network),
      refused(proxies, "[::1]", "\"[::1]\"" + no_network),
      refused(proxies, "*", "\"*\"" + no_network),
      refused(proxies, "localhost", "\"localhost\"" + no_network),
      refused(proxies, "127.0.0.1,,::1",
              "\"127.0.0.1,,::1\" is not a list without empty entries; write addresses or networks (10.0.0.0/8) with commas between them"),
      taken(exempt, "", ""),
      taken(exempt, "/, /a/b-c_d.e%20", "/,/a/b-c_d.e%20"),
      refused(exempt, "healthz", "\"healthz\"" + no_path),
      refused(exempt, "/a b", "\"/a b\"" + no_path),
      refused(exempt, "/a?b", "\"/a?b\"" + no_path),
      refused(exempt, "/a#b", "\"/a#b\"" + no_path),
      refused(exempt, "/ä", "\"/ä\"" + no_path),
      refused(exempt, "/a,", "\"/a,\" is not a list without empty entries; write paths with commas between them"),
      taken(directories, "/a dir, b/c", "/a dir,b/c"),
      refused(directories, "", "is empty; write one directory or more"),
      refused(directories, "/a,", "\"/a,\" is not a list without empty entries; write directories with commas between them"),
      taken(owners, "", ""),
      taken(owners, "root, 0", "root,0"),
      refused(owners, "root:root", "\"root:root\" is no user of this machine; write a user's name or number"),
      refused(owners, "ro ot", "\"ro ot\" is no user of this machine; write a user's name or number"),
      refused(owners, "no-such-user,0", "\"no-such-user\" is no user of this machine; write a user's name or number"),
      refused(owners, "-1", "\"-1\" is no user of this machine; write a user's name or number"),
      refused(owners, "4294967295", "\"4294967295\" is no user of this machine; write a user's name or number"),
      refused(owners, "root,,", "\"root,,\" is not a list without empty entries; write user names or ids with commas between them"),
  };
}

Configurations severalInOne() {
  Configuration hosts = refused("http.allowed_hosts", "ok,a:1,*b,http://c", "\"a:1\" has a port; write the host alone");
  hosts.mistakes.push_back(
      inMain(1, "http.allowed_hosts: \"*b\" has a *, which stands alone only; write .example.com for a domain with its subdomains"));
  hosts.mistakes.push_back(inMain(1, "http.allowed_hosts: \"http://c\" has a scheme; write the host alone"));
  Configuration proxies = refused("http.trusted_proxies", "x,10.0.0.1,y", "\"x\"" + no_network);
  proxies.mistakes.push_back(inMain(1, "http.trusted_proxies: \"y\"" + no_network));
  return {hosts, proxies};
}

}  // namespace

Configurations listRows() {
  Configurations all;
  for (const Configurations& rows : {hosts(), others(), severalInOne()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
