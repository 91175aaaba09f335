/* Every fault does what its name says: run in a child process, judged by its wait status and what it reported. */
#define _GNU_SOURCE

#include "fake_host.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a fault that does not end by itself is watched. */
static const useconds_t watched_us = 300000;

/* Shared with the child, so that what it reported can be read after its death. */
static fake_host *share_host(const char *name, const char *value)
{
    fake_host *host = mmap(NULL, sizeof *host, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(host != MAP_FAILED, "mmap");
    host->parameters[0][0] = name;
    host->parameters[0][1] = value;
    host->scratch = ".";
    return host;
}

enum { returned = 50 };

/* Starts the fault in a child that exits with 50 - status when the fault returns. */
static pid_t start_fault(fake_host *host, const char *fault, int limit, rlim_t most)
{
    const tp_algorithm *algorithm = fake_find(tp_library_describe(), fault);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        struct rlimit limited = {most, most};
        if (limit >= 0) {
            setrlimit((unsigned)limit, &limited);
        }
        _exit(returned - fake_run(host, algorithm));
    }
    return child;
}

static int end_of(pid_t child)
{
    int status;
    CHECK_NUMBER(child, waitpid(child, &status, 0));
    return status;
}

static void expect_signal(const char *fault, int number)
{
    fake_host *host = share_host(NULL, NULL);
    int status = end_of(start_fault(host, fault, -1, 0));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == number, "%s ended with %x", fault, (unsigned)status);
    CHECK_NUMBER(40, host->percent);
    CHECK_TEXT("about to crash", host->stage);
}

static fake_host *expect_exit(const char *fault, const char *name, const char *value, int code)
{
    fake_host *host = share_host(name, value);
    int status = end_of(start_fault(host, fault, -1, 0));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == code, "%s ended with %x", fault, (unsigned)status);
    return host;
}

static void crashes_have_their_signal(void)
{
    expect_signal("fault.segfault", SIGSEGV);
    expect_signal("fault.abort", SIGABRT);
    expect_signal("fault.fpe", SIGFPE);
    expect_signal("fault.stack-overflow", SIGSEGV);
    expect_signal("fault.double-free", SIGABRT);
}

static void exit_has_its_code(void)
{
    expect_exit("fault.exit", NULL, NULL, 3);
    expect_exit("fault.exit", "code", "139", 139);
    expect_exit("fault.exit", "code", "256", returned - TP_INVALID_INPUT);
}

/* Runs a fault that must neither end nor mind being asked to. */
static void expect_endless(const char *fault, int hears_sigterm)
{
    fake_host *host = share_host(NULL, NULL);
    atomic_store(&host->stop, 1);
    pid_t child = start_fault(host, fault, -1, 0);
    usleep(watched_us);
    CHECK_NUMBER(0, waitpid(child, NULL, WNOHANG));
    kill(child, SIGTERM);
    if (!hears_sigterm) {
        usleep(watched_us);
        CHECK_NUMBER(0, waitpid(child, NULL, WNOHANG));
        CHECK(host->progress_calls > 10, "it reported %d times", host->progress_calls);
        kill(child, SIGKILL);
    }
    CHECK_NUMBER(hears_sigterm ? SIGTERM : SIGKILL, WTERMSIG(end_of(child)));
}

static void endless_faults_do_not_stop(void)
{
    expect_endless("fault.loop", 1);
    expect_endless("fault.stall", 1);
    expect_endless("fault.deaf", 0);
}

static void stall_reports_nothing(void)
{
    CHECK_NUMBER(0, expect_exit("fault.stall", "seconds", "0.05", returned)->progress_calls);
}

static void hog_aborts_at_the_limit(void)
{
    fake_host *host = share_host(NULL, NULL);
    int status = end_of(start_fault(host, "fault.hog", RLIMIT_DATA, 64 << 20));
    CHECK_NUMBER(SIGABRT, WTERMSIG(status));
    CHECK(host->progress_calls > 32, "it took %d MiB only", host->progress_calls);
    CHECK_TEXT("{\"megabytes\":8}", expect_exit("fault.hog", "megabytes", "8", returned)->result);
}

static void cpu_is_killed_at_the_limit(void)
{
    fake_host *host = share_host(NULL, NULL);
    int status = end_of(start_fault(host, "fault.cpu", RLIMIT_CPU, 1));
    CHECK(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL, "%x", (unsigned)status);
    CHECK(expect_exit("fault.cpu", "seconds", "0.05", returned)->progress_calls > 0, "it did not report");
}

static void files_counts_up_to_the_limit(void)
{
    fake_host *host = share_host(NULL, NULL);
    CHECK_NUMBER(returned, WEXITSTATUS(end_of(start_fault(host, "fault.files", RLIMIT_NOFILE, 64))));
    int opened = 0;
    CHECK_NUMBER(1, sscanf(host->result, "{\"opened\":%d}", &opened));
    CHECK(opened >= 32 && opened < 64, "%d", opened);
    expect_exit("fault.files", "keep", "-1", returned - TP_INVALID_INPUT);

    fake_host *failing = share_host("fail", "true");
    CHECK_NUMBER(returned - TP_ERROR, WEXITSTATUS(end_of(start_fault(failing, "fault.files", RLIMIT_NOFILE, 64))));
    CHECK(strstr(failing->message, "Too many open files") != NULL, "%s", failing->message);
}

static void fork_leaves_a_grandchild(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int grandchild = 0;
    sscanf(expect_exit("fault.fork", NULL, NULL, returned)->result, "{\"grandchild\":%d}", &grandchild);
    CHECK(grandchild > 1, "%d", grandchild);
    CHECK_NUMBER(0, kill(grandchild, SIGKILL));
    CHECK_NUMBER(SIGKILL, WTERMSIG(end_of(grandchild)));

    fake_host *holding = share_host("hold", "60");
    pid_t child = start_fault(holding, "fault.fork", -1, 0);
    while (sscanf(holding->stage, "left process %d behind", &grandchild) != 1) {
        usleep(1000);
    }
    CHECK_NUMBER(0, waitpid(child, NULL, WNOHANG));
    CHECK_NUMBER(0, kill(grandchild, SIGKILL));
    CHECK_NUMBER(0, kill(child, SIGKILL));
    end_of(child);
    end_of(grandchild);
}

static void limits_are_declared(void)
{
    CHECK_NUMBER(64 << 20, (long long)fake_find(tp_library_describe(), "fault.hog-declared")->memory_limit_bytes);
    CHECK_NUMBER(1, (long long)fake_find(tp_library_describe(), "fault.cpu-declared")->cpu_limit_seconds);
    CHECK_TEXT("{\"megabytes\":8}", expect_exit("fault.hog-declared", "megabytes", "8", returned)->result);
    CHECK(expect_exit("fault.cpu-declared", "seconds", "0.05", returned)->progress_calls > 0, "it did not report");
}

static void random_is_decided_by_its_seed(void)
{
    int survived = 0;
    for (int seed = 0; seed < 200; seed++) {
        char text[16];
        snprintf(text, sizeof text, "%d", seed);
        fake_host *host = share_host("seed", text);
        int first = end_of(start_fault(host, "fault.random", -1, 0));
        CHECK_NUMBER(first, end_of(start_fault(host, "fault.random", -1, 0)));
        survived += WIFEXITED(first) && WEXITSTATUS(first) == returned;
    }
    CHECK(survived >= 140 && survived <= 180, "%d of 200 survived", survived);
    CHECK_TEXT("{\"survived\":true}", expect_exit("fault.random", "probability", "0", returned)->result);
}

static void results_break_the_rules(void)
{
    fake_host *big = expect_exit("fault.big-result", NULL, NULL, returned);
    CHECK_NUMBER(300000, big->result_length);
    CHECK(big->result_refused, "it was not refused");
    CHECK_TEXT("{\"broken\":", expect_exit("fault.bad-json", NULL, NULL, returned)->result);
    CHECK(expect_exit("fault.backwards", NULL, NULL, returned)->progress_fell, "it did not fall");
}

static void lifetime_is_noted(void)
{
    const char *file = "lifetime.txt";
    unlink(file);
    expect_exit("fault.lifetime", "file", file, returned);
    char line[64] = "";
    FILE *notes = fopen(file, "r");
    CHECK(notes != NULL && fgets(line, sizeof line, notes) != NULL, "nothing was noted");
    CHECK_TEXT("run, opened 1\n", line);
    fclose(notes);
    unlink(file);
    expect_exit("fault.lifetime", NULL, NULL, returned - TP_INVALID_INPUT);
}

static void neighbour_watches_until_a_file_is_there(void)
{
    const char *file = "neighbour.txt";
    unlink(file);
    fake_host *host = share_host("file", file);
    pid_t child = start_fault(host, "fault.neighbour", -1, 0);
    while (host->progress_calls < 2) {
        usleep(1000);
    }
    CHECK_NUMBER(0, waitpid(child, NULL, WNOHANG));
    fclose(fopen(file, "w"));
    CHECK_NUMBER(returned, WEXITSTATUS(end_of(child)));
    CHECK(strncmp(host->result, "{\"looks\":", 9) == 0, "%s", host->result);
    unlink(file);
    expect_exit("fault.neighbour", NULL, NULL, returned - TP_INVALID_INPUT);
}

static void exclusive_tells_when_it_ran(void)
{
    int process = 0;
    long long started = 0;
    long long ended = 0;
    const char *result = expect_exit("fault.exclusive", NULL, NULL, returned)->result;
    CHECK_NUMBER(3, sscanf(result, "{\"process\":%d,\"startedMicroseconds\":%lld,\"endedMicroseconds\":%lld}", &process, &started, &ended));
    CHECK(process > 0 && ended - started >= 100000, "%s", result);
}

static void error_is_an_error(void)
{
    CHECK_TEXT("it was asked to fail", expect_exit("fault.error", NULL, NULL, returned - TP_ERROR)->message);
    expect_exit("fault.error", "retryable", "true", returned - TP_RETRYABLE_ERROR);
    expect_exit("fault.error", "retryable", "yes", returned - TP_INVALID_INPUT);
    CHECK_TEXT("so it is", expect_exit("fault.error", "message", "so it is", returned - TP_ERROR)->message);
    CHECK_TEXT("the model is missing", expect_exit("fault.no-start", NULL, NULL, returned - TP_ERROR)->message);
}

static void untidy_faults_succeed(void)
{
    static const char *const faults[] = {
        "fault.garbage", "fault.close-fds", "fault.leak", "fault.slow-start", "fault.print-environment",
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        expect_exit(faults[i], NULL, NULL, returned);
    }
    expect_exit("fault.flood", "megabytes", "2", returned);
    CHECK_TEXT("{\"megabytes\":2}", expect_exit("fault.scratch", "megabytes", "2", returned)->result);
    CHECK_NUMBER(0, access("fill-0", F_OK));
    unlink("fill-0");
}

#define CASE(name) {#name, name}

int main(int argument_count, char **arguments)
{
    static const test_case cases[] = {
        CASE(crashes_have_their_signal), CASE(exit_has_its_code), CASE(endless_faults_do_not_stop),
        CASE(stall_reports_nothing), CASE(hog_aborts_at_the_limit), CASE(cpu_is_killed_at_the_limit),
        CASE(files_counts_up_to_the_limit), CASE(fork_leaves_a_grandchild), CASE(random_is_decided_by_its_seed),
        CASE(results_break_the_rules), CASE(error_is_an_error), CASE(lifetime_is_noted),
        CASE(limits_are_declared), CASE(neighbour_watches_until_a_file_is_there), CASE(exclusive_tells_when_it_ran), CASE(untidy_faults_succeed),
    };
    return run_case(cases, sizeof cases / sizeof cases[0], argument_count, arguments);
}
