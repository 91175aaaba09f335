# Fails unless the page at PAGE contains the file at EXAMPLE, letter for letter.
file(READ "${PAGE}" page)
file(READ "${EXAMPLE}" example)
string(FIND "${page}" "${example}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${PAGE} shows something else than ${EXAMPLE}")
endif()
