# Builds the fuzzing programs in build/fuzz. Without clang that fails, and says so.
foreach(arguments "--preset;fuzz" "--build;--preset;fuzz")
  execute_process(COMMAND ${CMAKE_COMMAND} ${arguments} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "the fuzzing programs could not be built; they need clang-14 and libclang-rt-14-dev")
  endif()
endforeach()
