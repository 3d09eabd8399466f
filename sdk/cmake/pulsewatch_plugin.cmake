# pulsewatch_add_plugin(NAME SOURCE...): the module NAME.so that exports the entry symbol alone. In C++ (17 or later) or C (99 or later).
#
# Hidden symbols, a version script and (where the compiler has it) -fno-gnu-unique keep a plugin's own symbols to itself, so that two
# versions of one library can be loaded side by side.

get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(CXX IN_LIST languages)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-fno-gnu-unique PULSEWATCH_HAS_NO_GNU_UNIQUE)
endif()

function(pulsewatch_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  target_link_libraries(${name} PRIVATE pulsewatch::sdk)
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_17)
  endif()
  if(PULSEWATCH_HAS_NO_GNU_UNIQUE)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
endfunction()
