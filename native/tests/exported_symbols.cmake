# Fails unless LIBRARY exports exactly tp_library_describe. Called with -DNM=... -DLIBRARY=...
execute_process(COMMAND "${NM}" -D --defined-only "${LIBRARY}" OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^ \n]+\n" names "${listed}")
string(STRIP "${names}" names)
if(NOT names STREQUAL "tp_library_describe")
  message(FATAL_ERROR "${LIBRARY} exports: ${names}")
endif()
