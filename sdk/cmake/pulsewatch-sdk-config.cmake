# find_package(pulsewatch-sdk): the target pulsewatch::sdk, the headers, and the function pulsewatch_add_plugin(). From an install tree,
# or with -D pulsewatch-sdk_DIR=<source>/sdk/cmake from the source tree.
if(NOT TARGET pulsewatch::sdk)
  add_library(pulsewatch::sdk INTERFACE IMPORTED)
  if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/../include/pulsewatch/abi.h)  # the source tree
    target_include_directories(pulsewatch::sdk INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../include)
  else()
    target_include_directories(pulsewatch::sdk INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../../../include)
  endif()
endif()
include(${CMAKE_CURRENT_LIST_DIR}/pulsewatch_plugin.cmake)
