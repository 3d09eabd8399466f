
enable_testing()
add_executable(@NAME@_test @NAME@_test.cpp)
target_compile_features(@NAME@_test PRIVATE cxx_std_17)
target_link_libraries(@NAME@_test PRIVATE pulsewatch::sdk ${CMAKE_DL_LIBS})
add_test(NAME @NAME@ COMMAND @NAME@_test ${library})

# What every plugin has to keep.
find_program(PULSEWATCH_PLUGIN_TEST pulsewatch-plugin-test)
if(PULSEWATCH_PLUGIN_TEST)
  add_test(NAME @NAME@_conformance COMMAND ${PULSEWATCH_PLUGIN_TEST} ${library})
else()
  message(STATUS "pulsewatch-plugin-test is not installed: @NAME@_conformance is left out")
endif()
