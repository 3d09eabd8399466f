# The SDK as a package, component `dev`. Nothing in it depends on the machine or on the prefix: the tree can be moved as a whole, and what is in
# it finds the rest from where it is itself, so the layout below the prefix is fixed.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_CURRENT_BINARY_DIR}/sdk-package)
# Before 1.0 a minor version may break.
write_basic_package_version_file(${package}/pulsewatch-sdk-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
configure_file(${CMAKE_CURRENT_LIST_DIR}/pulsewatch-sdk.pc.in ${package}/pulsewatch-sdk.pc @ONLY)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH sdk)
install(DIRECTORY ${sdk}/include/ DESTINATION include COMPONENT dev)
install(FILES ${sdk}/cmake/pulsewatch-sdk-config.cmake ${sdk}/cmake/pulsewatch_plugin.cmake ${sdk}/cmake/plugin.map
  ${package}/pulsewatch-sdk-config-version.cmake DESTINATION share/cmake/pulsewatch-sdk COMPONENT dev)
install(FILES ${package}/pulsewatch-sdk.pc DESTINATION share/pkgconfig COMPONENT dev)
install(PROGRAMS ${sdk}/bin/pulsewatch-new-plugin DESTINATION bin COMPONENT dev)
install(DIRECTORY ${sdk}/template DESTINATION share/pulsewatch COMPONENT dev)

# The links of the guide, from where it lies.
file(READ ${sdk}/README.md guide)
string(REPLACE "](include/" "](../../../include/" guide "${guide}")
string(REPLACE "](cmake/" "](../../cmake/pulsewatch-sdk/" guide "${guide}")
file(CONFIGURE OUTPUT ${package}/README.md CONTENT "${guide}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sdk}/README.md)
install(FILES ${package}/README.md DESTINATION share/doc/pulsewatch-dev COMPONENT dev)
install(FILES ${sdk}/../docs/man/pulsewatch-new-plugin.1 DESTINATION share/man/man1 COMPONENT dev)
