/* tp-guard: starts one host, and sees to it that the host and everything it left behind is dead before it says so.
 *
 *   tp-guard --status-fd N --request-fd N --reply-fd N [--folder PATH] [--oom-score-adj N] [--nice N] -- EXECUTABLE ARGS...
 *
 *   fd 0        orders of the worker, one byte each: T sends SIGTERM to the host's process group, K kills everything,
 *               N makes the group ten steps nicer than the guard: beside others it gets a tenth of what they get. End of
 *               file (the worker died or let go) and SIGTERM, SIGINT, SIGHUP to the guard mean K.
 *   fd 1, 2     what the host prints; the guard only passes them on.
 *   --request-fd, --reply-fd   become fd 3 and fd 4 of the host; the guard keeps no copy.
 *   --folder    what the host and its tasks write lies in it: removed when all is dead, also when the worker is.
 *   --status-fd lines of text to the worker:
 *                 started PID                    the host runs; PID is its process group too
 *                 failed ERRNO TEXT              it could not be started; nothing follows
 *                 ended exit CODE USAGE          or: ended signal NUMBER USAGE. Written when all is dead and reaped. USAGE is
 *                   utime_us=N stime_us=N maxrss_kb=N (host and what it waited for) swept=N (others that had to be killed)
 *
 * How nothing escapes: the guard is a subreaper, so whoever loses its parent below it becomes its child, whatever sessions
 * and groups it made. Once the host is dead, killing its children until there are none left kills the whole subtree. While
 * the host lives it is a subreaper itself and gets its orphans. Killing the guard with SIGKILL kills the host (parent-death
 * signal) but sweeps nothing; everything else sweeps.
 *
 * What the host cannot see: isolation.c.
 */
#define _GNU_SOURCE

#include "descriptors.h"
#include "folder.h"
#include "isolation.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { demoted_steps = 10 };

static const char children_path[] = "/proc/thread-self/children";

/* Nothing can be done when the worker does not listen any more. */
static void report(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    while (write(status_fd, line, (size_t)length) < 0 && errno == EINTR) {
    }
}

/* In the child: turns it into the host. Writes errno to problem_fd when that fails. */
static void become_host(const options *given, pid_t guard, int problem_fd)
{
    /* A session of its own: its groups cannot contain anybody from outside the subtree. */
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != guard) {
        _exit(1); /* the guard died before the line above */
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

    isolation_enter();

    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (given->nice != 0) {
        setpriority(PRIO_PROCESS, 0, given->nice);
    }
    if (given->oom_score_adj != NULL) {
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        /* Lowering it needs a privilege; the host runs all the same. */
        if (fd >= 0 && write(fd, given->oom_score_adj, strlen(given->oom_score_adj)) < 0) {
            errno = 0;
        }
    }

    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    descriptors_redirect_to_null(0, O_RDONLY);

    execv(given->command[0], given->command);
    int problem = errno;
    while (write(problem_fd, &problem, sizeof problem) < 0 && errno == EINTR) {
    }
    _exit(127);
}

/* Starts the host and reports how that went. Returns its pid, or -1. */
static pid_t start_host(const options *given)
{
    int problem_pipe[2]; /* closed by exec: nothing to read means success */
    if (pipe2(problem_pipe, O_CLOEXEC) != 0) {
        report("failed %d %s\n", errno, strerror(errno));
        return -1;
    }
    pid_t guard = getpid();
    pid_t host = fork();
    if (host == 0) {
        become_host(given, guard, problem_pipe[1]);
    }
    int problem = host < 0 ? errno : 0;
    close(problem_pipe[1]);
    while (host > 0 && read(problem_pipe[0], &problem, sizeof problem) < 0 && errno == EINTR) {
    }
    close(problem_pipe[0]);
    if (problem != 0) {
        if (host > 0) {
            waitpid(host, NULL, 0);
        }
        report("failed %d %s\n", problem, strerror(problem));
        return -1;
    }
    report("started %d\n", (int)host);
    return host;
}

/* Waits until the host has ended, without reaping it: as long as it is a zombie its number means nobody else. Reaps
 * whatever else becomes a child of the guard (native code may make the host give up being a subreaper). */
static int host_has_ended(pid_t host)
{
    for (;;) {
        siginfo_t ended = {0};
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) {
            return 0;
        }
        if (ended.si_pid == host) {
            return 1;
        }
        waitpid(ended.si_pid, NULL, WNOHANG);
    }
}

static void kill_group(pid_t host, int number)
{
    kill(-host, number);
    if (number == SIGKILL) {
        kill(host, SIGKILL); /* in case it moved to another group of its session */
    }
}

/* Obeys the waiting orders. Returns 0 when no more can come. */
static int obey_orders(pid_t host)
{
    char orders[64];
    ssize_t got = read(0, orders, sizeof orders);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 1;
    }
    if (got <= 0) {
        kill_group(host, SIGKILL);
        return 0;
    }
    for (ssize_t i = 0; i < got; i++) {
        if (orders[i] == 'T') {
            kill_group(host, SIGTERM);
        } else if (orders[i] == 'K') {
            kill_group(host, SIGKILL);
        } else if (orders[i] == 'N') {
            /* From the guard's own, which never changes: twice is as good as once. */
            setpriority(PRIO_PGRP, (id_t)host, getpriority(PRIO_PROCESS, 0) + demoted_steps);
        }
    }
    return 1;
}

/* Returns when the host has ended, ordered or by itself. */
static void watch(pid_t host, int signals)
{
    struct pollfd sources[2] = {{.fd = 0, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (!host_has_ended(host)) {
        if (poll(sources, 2, -1) < 0) {
            continue;
        }
        struct signalfd_siginfo arrived;
        if (sources[1].revents != 0 && read(signals, &arrived, sizeof arrived) == (ssize_t)sizeof arrived
            && arrived.ssi_signo != SIGCHLD) {
            kill_group(host, SIGKILL);
        }
        if (sources[0].revents != 0 && !obey_orders(host)) {
            sources[0].fd = -1;
        }
    }
}

/* Kills every child and the group it is in. The group, because a fork cannot escape a signal to its group, but could
 * outrun signals to single processes. Groups below the host hold nobody else: it leads a session of its own. */
static void kill_children(void)
{
    FILE *children = fopen(children_path, "re");
    if (children == NULL) {
        return;
    }
    for (int child; fscanf(children, "%d", &child) == 1;) {
        pid_t group = getpgid(child);
        kill(child, SIGKILL);
        if (group > 1 && group != getpgrp()) {
            kill(-group, SIGKILL);
        }
    }
    fclose(children);
}

/* Kills and reaps until the guard has no child left. Returns how many had to be killed. A process that dies hands its
 * children to the guard before it can be reaped, so the next list has them. */
static int sweep(void)
{
    int swept = 0;
    for (;;) {
        kill_children();
        int status;
        pid_t reaped = waitpid(-1, &status, WNOHANG);
        if (reaped < 0 && errno == ECHILD) {
            return swept;
        }
        if (reaped <= 0) {
            /* Killed but not dead yet, or missing in a list that changed while it was read. */
            usleep(200);
            continue;
        }
        swept += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
}

static long long microseconds(struct timeval time)
{
    return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

/* Reaps the host, sweeps what it left, and reports both. */
static void end(const options *given, pid_t host)
{
    kill_group(host, SIGKILL);
    int status;
    struct rusage usage;
    while (wait4(host, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    int swept = sweep();
    folder_remove(given->folder);
    report("ended %s %d utime_us=%lld stime_us=%lld maxrss_kb=%ld swept=%d\n", WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), microseconds(usage.ru_utime),
        microseconds(usage.ru_stime), usage.ru_maxrss, swept);
}

int main(int count, char **arguments)
{
    options given = options_parse(count, arguments);
    descriptors_arrange(&given);

    /* Away from the terminal's foreground group: Ctrl-C is for the worker, which may let its tasks finish. */
    setsid();
    signal(SIGPIPE, SIG_IGN);
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGCHLD);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGHUP);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would reap the host unseen */
    int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);

    /* Second line behind the end of fd 0. A parent that died before this has closed fd 0 too. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (signals < 0 || access(children_path, R_OK) != 0) {
        report("failed %d the kernel lacks signalfd or %s\n", errno, children_path);
        return 0;
    }

    pid_t host = start_host(&given);
    close(request_fd);
    close(reply_fd);
    /* So that the worker sees the end of the output as soon as the last writer below is dead. */
    descriptors_redirect_to_null(1, O_WRONLY);
    descriptors_redirect_to_null(2, O_WRONLY);
    if (host > 0) {
        watch(host, signals);
        end(&given, host);
    } else {
        folder_remove(given.folder);
    }
    return 0;
}
