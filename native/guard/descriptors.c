#define _GNU_SOURCE

#include "descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_all_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0) {
        return;
    }
    /* Kernels before 5.9. Going by what is open, because a limit of a thousand million would be a long loop. */
    DIR *open_files = opendir("/proc/self/fd");
    if (open_files == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(open_files)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (fd >= first && fd != dirfd(open_files)) {
            close(fd);
        }
    }
    closedir(open_files);
}

void descriptors_arrange(const options *given)
{
    while (fcntl(2, F_GETFD) < 0) {
        open("/dev/null", O_RDWR);
    }
    /* First out of the way, so that no target overwrites a source. */
    int request = fcntl(given->request, F_DUPFD, first_free_fd);
    int reply = fcntl(given->reply, F_DUPFD, first_free_fd);
    int status = fcntl(given->status, F_DUPFD, first_free_fd);
    dup2(request, request_fd);
    dup2(reply, reply_fd);
    dup3(status, status_fd, O_CLOEXEC);
    close_all_from(first_free_fd);
}

void descriptors_redirect_to_null(int fd, int mode)
{
    int null = open("/dev/null", mode | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, fd);
        close(null);
    }
}
