/* Which descriptors are open in the guard and in the host. */
#ifndef TASKPIPELINE_GUARD_DESCRIPTORS_H
#define TASKPIPELINE_GUARD_DESCRIPTORS_H

#include "options.h"

/* Where the descriptors of the command line are moved to, so that everything above can be closed at once. */
enum { request_fd = 3, reply_fd = 4, status_fd = 5, first_free_fd = 6 };

/* Moves the descriptors of the command line there and leaves exactly 0 to 5 open: what is open in the guard could stay open
 * in a host. 5 and whatever the guard opens later is closed by exec. */
void descriptors_arrange(const options *given);

/* Makes fd one of /dev/null. */
void descriptors_redirect_to_null(int fd, int mode);

#endif
