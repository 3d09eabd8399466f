# Debian's packages, by CPack; package.sh runs it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pulsewatch)
set(CPACK_PACKAGE_VENDOR "The pulsewatch authors")
set(CPACK_PACKAGE_CONTACT "The pulsewatch maintainers <maintainers@pulsewatch.dev>")
set(CPACK_SET_DESTDIR ON)  # for what is installed at absolute paths
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF)  # finish.sh does, and keeps the names of functions
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL host dev)
set(CPACK_PRE_BUILD_SCRIPTS ${folder}/finish.cmake)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_HOST_PACKAGE_NAME pulsewatch)
set(CPACK_DEBIAN_HOST_PACKAGE_SECTION net)
set(CPACK_DEBIAN_HOST_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_HOST_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_HOST_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_HOST_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_HOST_PACKAGE_SUGGESTS "default-mysql-server, prometheus, redis-server")
set(CPACK_COMPONENT_HOST_DESCRIPTION "monitoring host whose checks are plugins
pulsewatchd loads health checks as shared libraries, runs them on a schedule
and turns their results into one verdict, ready or not, which it serves over
HTTP for load balancers, kubelets and Prometheus.
.
Plugins for MySQL, Redis and database migrations are included. Others are
dropped into /usr/local/lib/pulsewatch/plugins, and work without a restart.")
foreach(script postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_HOST_PACKAGE_CONTROL_EXTRA ${folder}/debian/${script})
endforeach()
list(APPEND CPACK_DEBIAN_HOST_PACKAGE_CONTROL_EXTRA ${folder}/debian/conffiles)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME pulsewatch-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "pulsewatch")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, g++ | c++-compiler, pkg-config")
set(CPACK_COMPONENT_DEV_DESCRIPTION "monitoring host whose checks are plugins (plugin development)
The SDK that plugins of pulsewatch are made with: a C header, a header-only
C++ face, a host for unit tests, packages for CMake and pkg-config, and the
template of a plugin.")

# Into both, which know nothing of each other.
foreach(component host dev)
  string(TOUPPER ${component} upper)
  set(documents share/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  install(FILES ${folder}/debian/copyright DESTINATION ${documents} COMPONENT ${component})
  install(FILES ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${documents} COMPONENT ${component})
endforeach()
include(CPack)
