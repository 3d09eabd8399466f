# CPack has laid out the components and not packed them yet.
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/finish.sh ${CPACK_TEMPORARY_DIRECTORY} ${CPACK_PACKAGE_VERSION} ${CPACK_PACKAGE_CONTACT}
  COMMAND_ERROR_IS_FATAL ANY)
