/* The guard as a real process with a real host. That nothing of a subtree lives any more is proved by the end of the
 * output: every process below the guard holds the pipe open. TP_GUARD and TP_GUARD_HOST are set by CMake. */
#define _GNU_SOURCE

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct guarded {
    pid_t guard;
    pid_t host;
    int control;
    int output;
    int request;
    int reply;
    FILE *status;
} guarded;

static void make_pipe(int *read_end, int *write_end)
{
    int ends[2];
    CHECK_NUMBER(0, pipe2(ends, O_CLOEXEC));
    *read_end = ends[0];
    *write_end = ends[1];
}

/* Starts TP_GUARD with the descriptors of a worker. options and command end with NULL. */
static guarded start(const char *const *options, const char *const *command)
{
    guarded started = {0};
    int control;
    int output;
    int status;
    int status_read;
    int request;
    int reply;
    make_pipe(&control, &started.control);
    make_pipe(&started.output, &output);
    make_pipe(&status_read, &status);
    make_pipe(&request, &started.request);
    make_pipe(&started.reply, &reply);
    started.status = fdopen(status_read, "r");

    started.guard = fork();
    if (started.guard == 0) {
        char numbers[3][16];
        const char *arguments[32] = {TP_GUARD};
        int count = 1;
        const struct {
            const char *name;
            int fd;
        } passed[] = {{"--status-fd", status}, {"--request-fd", request}, {"--reply-fd", reply}};
        for (int i = 0; i < 3; i++) {
            fcntl(passed[i].fd, F_SETFD, 0);
            snprintf(numbers[i], sizeof numbers[i], "%d", passed[i].fd);
            arguments[count++] = passed[i].name;
            arguments[count++] = numbers[i];
        }
        for (; *options != NULL; options++) {
            arguments[count++] = *options;
        }
        arguments[count++] = "--";
        for (; *command != NULL; command++) {
            arguments[count++] = *command;
        }
        dup2(control, 0);
        dup2(output, 1);
        dup2(output, 2);
        execv(TP_GUARD, (char **)(void *)arguments);
        _exit(96);
    }
    close(control);
    close(output);
    close(status);
    close(request);
    close(reply);
    return started;
}

static const char *const no_options[] = {NULL};

static pid_t read_started(const guarded *running)
{
    char line[64] = "";
    int host = 0;
    CHECK(fgets(line, sizeof line, running->status) != NULL, "no line about the start");
    CHECK(sscanf(line, "started %d\n", &host) == 1 && host > 0, "%s", line);
    return host;
}

static guarded start_host(const char *mode, const char *argument)
{
    const char *command[] = {TP_GUARD_HOST, mode, argument, NULL};
    guarded started = start(no_options, command);
    started.host = read_started(&started);
    return started;
}

static void order(const guarded *running, char byte)
{
    CHECK_NUMBER(1, write(running->control, &byte, 1));
}

/* Returns when a host that waits has said that it is ready. */
static void await_ready(const guarded *running)
{
    char text[6];
    for (size_t got = 0; got < sizeof text;) {
        ssize_t part = read(running->output, text + got, sizeof text - got);
        CHECK(part > 0, "the output ended early");
        got += (size_t)part;
    }
    CHECK(memcmp(text, "ready\n", sizeof text) == 0, "it said something else");
}

/* Reads the rest of the output into text until every writer is dead. */
static void await_end_of_output(const guarded *running, char *text, size_t size)
{
    size_t length = 0;
    for (ssize_t got; (got = read(running->output, text + length, size - length - 1)) != 0;) {
        CHECK(got > 0, "reading the output: %s", strerror(errno));
        length += (size_t)got;
    }
    text[length] = '\0';
}

/* Checks how the guard reports the end, that nothing lives any more, and that the guard itself ends well. */
static int expect_end(const guarded *running, const char *kind, int number)
{
    char line[256] = "";
    CHECK(fgets(line, sizeof line, running->status) != NULL, "no line about the end");
    char how[16];
    int code;
    int swept;
    long long user;
    long long kernel;
    long memory;
    CHECK(sscanf(line, "ended %15s %d utime_us=%lld stime_us=%lld maxrss_kb=%ld swept=%d\n", how, &code, &user, &kernel,
              &memory, &swept) == 6, "%s", line);
    CHECK_TEXT(kind, how);
    CHECK_NUMBER(number, code);
    CHECK(user >= 0 && kernel >= 0 && memory > 0, "%s", line);
    CHECK(fgets(line, sizeof line, running->status) == NULL, "one line too many: %s", line);

    char rest[4096];
    await_end_of_output(running, rest, sizeof rest);
    int status;
    CHECK_NUMBER(running->guard, waitpid(running->guard, &status, 0));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the guard ended with %d", status);
    return swept;
}

static void exit_code_is_reported(void)
{
    guarded running = start_host("exit", "7");
    CHECK_NUMBER(0, expect_end(&running, "exit", 7));
}

static void exit_139_is_not_a_signal(void)
{
    guarded running = start_host("exit", "139");
    CHECK_NUMBER(0, expect_end(&running, "exit", 139));
}

static void signal_is_reported(void)
{
    guarded running = start_host("raise", "11");
    CHECK_NUMBER(0, expect_end(&running, "signal", SIGSEGV));
}

static void order_t_terminates(void)
{
    guarded running = start_host("wait", NULL);
    await_ready(&running);
    order(&running, 'T');
    CHECK_NUMBER(0, expect_end(&running, "signal", SIGTERM));
}

static void order_k_kills_deaf_host(void)
{
    guarded running = start_host("deaf", NULL);
    await_ready(&running);
    order(&running, 'T');
    order(&running, '?');
    order(&running, 'K');
    CHECK_NUMBER(0, expect_end(&running, "signal", SIGKILL));
}

static void end_of_control_kills(void)
{
    guarded running = start_host("daemon-and-wait", NULL);
    await_ready(&running);
    close(running.control);
    CHECK_NUMBER(1, expect_end(&running, "signal", SIGKILL));
}

static void signal_to_guard_kills(int number)
{
    guarded running = start_host("deaf", NULL);
    await_ready(&running);
    kill(running.guard, number);
    CHECK_NUMBER(0, expect_end(&running, "signal", SIGKILL));
}

static void sigterm_to_guard_kills(void)
{
    signal_to_guard_kills(SIGTERM);
}

static void sigint_to_guard_kills(void)
{
    signal_to_guard_kills(SIGINT);
}

/* The test is a subreaper, so that what outlives its guard ends here and not as a zombie of somebody else. */
static void reap_everything(void)
{
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
}

static void sigkill_to_guard_kills_host(void)
{
    guarded running = start_host("deaf", NULL);
    await_ready(&running);
    kill(running.guard, SIGKILL);
    char rest[64];
    await_end_of_output(&running, rest, sizeof rest);
    reap_everything();
}

/* The control pipe stays open here: only the parent-death signal can tell the guard. */
static void death_of_parent_kills(void)
{
    int read_end;
    int write_end;
    make_pipe(&read_end, &write_end);
    pid_t worker = fork();
    if (worker == 0) {
        guarded running = start_host("deaf", NULL);
        await_ready(&running);
        /* Hands what would tell the guard otherwise to the test, by leaving it open in a second child. */
        if (fork() == 0) {
            char rest[64];
            await_end_of_output(&running, rest, sizeof rest);
            _exit(write(write_end, "x", 1) == 1 ? 0 : 1);
        }
        _exit(0);
    }
    close(write_end);
    waitpid(worker, NULL, 0);
    char byte;
    CHECK_NUMBER(1, read(read_end, &byte, 1));
    reap_everything();
}

static void daemon_is_swept(void)
{
    guarded running = start_host("daemon", NULL);
    CHECK_NUMBER(1, expect_end(&running, "exit", 0));
}

static void daemon_is_swept_on_order(void)
{
    guarded running = start_host("daemon-and-wait", NULL);
    await_ready(&running);
    order(&running, 'K');
    CHECK_NUMBER(1, expect_end(&running, "signal", SIGKILL));
}

static void daemon_of_host_that_abandons_it_is_swept(void)
{
    guarded running = start_host("abandon-and-wait", NULL);
    await_ready(&running);
    order(&running, 'T');
    CHECK_NUMBER(1, expect_end(&running, "signal", SIGTERM));
}

static void orphan_comes_to_living_host(void)
{
    guarded running = start_host("adopt", NULL);
    CHECK_NUMBER(1, expect_end(&running, "exit", 0));
}

static void fugitives_are_caught(void)
{
    guarded running = start_host("fugitives", "20");
    expect_end(&running, "exit", 0);
}

static void missing_executable_is_reported(void)
{
    const char *command[] = {"/nonexistent/host", NULL};
    guarded running = start(no_options, command);
    char line[256] = "";
    CHECK(fgets(line, sizeof line, running.status) != NULL, "no line");
    CHECK_TEXT("failed 2 No such file or directory\n", line);
    CHECK(fgets(line, sizeof line, running.status) == NULL, "one line too many: %s", line);
    int status;
    waitpid(running.guard, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the guard ended with %d", status);
    /* The child that could not become the host was reaped: as a zombie it would have come to the test. */
    CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "a zombie is left");
}

static void host_gets_clean_surroundings(void)
{
    /* Like a descriptor that slipped into the guard, and a high one at that. */
    CHECK(fcntl(1, F_DUPFD, 900) == 900, "F_DUPFD");
    const char *options[] = {"--oom-score-adj", "500", "--nice", "5", NULL};
    const char *command[] = {TP_GUARD_HOST, "surroundings", NULL};
    guarded running = start(options, command);
    char text[4096];
    await_end_of_output(&running, text, sizeof text);
    CHECK_TEXT("fd 0\nfd 1\nfd 2\nfd 3\nfd 4\nstdin /dev/null\noom_score_adj 500\ncore 0\nnice 5\nleader 1\n"
               "no_new_privs 1\nsubreaper 1\nblocked 0 ignored 0\n",
        text);
    running.host = read_started(&running);
    CHECK_NUMBER(0, expect_end(&running, "exit", 0));
}

static void request_and_reply_are_connected(void)
{
    guarded running = start_host("echo", NULL);
    char bytes[4] = "";
    CHECK_NUMBER(3, write(running.request, "abc", 3));
    CHECK_NUMBER(3, read(running.reply, bytes, 3));
    CHECK_TEXT("abc", bytes);
    /* Nobody but the host held the other end. */
    CHECK_NUMBER(0, read(running.reply, bytes, 1));
    CHECK_NUMBER(0, expect_end(&running, "exit", 0));
}

static void folder_is_removed(void)
{
    char folder[] = "folder-XXXXXX";
    CHECK(mkdtemp(folder) != NULL, "mkdtemp");
    char path[512];
    CHECK(realpath(folder, path) != NULL, "realpath");
    const char *options[] = {"--folder", path, NULL};
    const char *command[] = {TP_GUARD_HOST, "fill", path, NULL};
    guarded running = start(options, command);
    running.host = read_started(&running);
    CHECK_NUMBER(0, expect_end(&running, "exit", 0));
    CHECK(access(path, F_OK) != 0, "%s is still there", path);
}

static void order_n_lowers_the_priority(void)
{
    guarded running = start_host("wait", NULL);
    await_ready(&running);
    int lowered = getpriority(PRIO_PROCESS, 0) + 10;
    lowered = lowered > 19 ? 19 : lowered; /* the kernel's own limit, for tests that run nicely themselves */
    order(&running, 'N');
    order(&running, 'N');
    for (int turn = 0; turn < 10000 && getpriority(PRIO_PROCESS, (id_t)running.host) != lowered; turn++) {
        usleep(1000);
    }
    CHECK_NUMBER(lowered, getpriority(PRIO_PROCESS, (id_t)running.host));
    order(&running, 'K');
    CHECK_NUMBER(0, expect_end(&running, "signal", SIGKILL));
}

static void host_cannot_reach_outside(void)
{
    if (syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1) < 6) {
        printf("not tried: this kernel has no Landlock with scopes\n");
        return;
    }
    char number[16];
    snprintf(number, sizeof number, "%d", (int)getpid());
    const char *command[] = {TP_GUARD_HOST, "reach", number, NULL};
    guarded running = start(no_options, command);
    char text[256];
    await_end_of_output(&running, text, sizeof text);
    CHECK_TEXT("environ 0\nsignal 0\nown 1\nmove 1\n", text);
    running.host = read_started(&running);
    CHECK_NUMBER(0, expect_end(&running, "exit", 0));
}

static void expect_usage(const char *const *arguments)
{
    pid_t guard = fork();
    if (guard == 0) {
        execv(TP_GUARD, (char **)(void *)arguments);
        _exit(96);
    }
    int status;
    waitpid(guard, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2, "the guard ended with %d", status);
}

static void wrong_usage_is_refused(void)
{
    static const char *const wrong[][12] = {
        {TP_GUARD, NULL},
        {TP_GUARD, "--", "/bin/true", NULL},
        {TP_GUARD, "--status-fd", "777", NULL},
        {TP_GUARD, "--status-fd", "x", NULL},
        {TP_GUARD, "--oom-score-adj", "5000", NULL},
        {TP_GUARD, "--unknown", "1", NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_usage(wrong[i]);
    }
}

#define CASE(name) {#name, name}

int main(int argument_count, char **arguments)
{
    static const test_case cases[] = {
        CASE(exit_code_is_reported), CASE(exit_139_is_not_a_signal), CASE(signal_is_reported),
        CASE(order_t_terminates), CASE(order_k_kills_deaf_host), CASE(end_of_control_kills),
        CASE(sigterm_to_guard_kills), CASE(sigint_to_guard_kills), CASE(sigkill_to_guard_kills_host),
        CASE(death_of_parent_kills), CASE(daemon_is_swept), CASE(daemon_is_swept_on_order),
        CASE(daemon_of_host_that_abandons_it_is_swept), CASE(orphan_comes_to_living_host),
        CASE(fugitives_are_caught), CASE(missing_executable_is_reported), CASE(host_gets_clean_surroundings),
        CASE(request_and_reply_are_connected), CASE(folder_is_removed),
        CASE(order_n_lowers_the_priority), CASE(host_cannot_reach_outside), CASE(wrong_usage_is_refused),
    };
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return run_case(cases, sizeof cases / sizeof cases[0], argument_count, arguments);
}
