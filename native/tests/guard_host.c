/* Plays the host for test_guard: each mode is one way to live and to end. */
#define _GNU_SOURCE

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

static void wait_for_ever(void)
{
    say("ready");
    for (;;) {
        pause();
    }
}

/* Forks a process that leaves the group and session twice over and lives on. Returns when it has done so. */
static void leave_daemon(void)
{
    int ready[2];
    pid_t between = pipe(ready) == 0 ? fork() : -1;
    if (between != 0) {
        char byte;
        close(ready[1]);
        /* Both, so that exactly one process is left whenever the guard comes to look. */
        if (read(ready[0], &byte, 1) != 1 || waitpid(between, NULL, 0) != between) {
            exit(99);
        }
        return;
    }
    setsid();
    if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        if (write(ready[1], "x", 1) != 1) {
            _exit(99);
        }
        for (;;) {
            pause();
        }
    }
    _exit(0);
}

/* Flees: every generation takes a session of its own, forks and dies, faster than a list of children can be read. */
static void leave_fugitives(int count)
{
    for (int i = 0; i < count; i++) {
        if (fork() == 0) {
            for (;;) {
                setsid();
                pid_t next = fork();
                if (next > 0) {
                    _exit(0);
                }
            }
        }
    }
}

static void print_surroundings(void)
{
    DIR *open_files = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(open_files)) != NULL;) {
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(open_files)) {
            printf("fd %s\n", entry->d_name);
        }
    }
    closedir(open_files);

    char target[64] = "";
    ssize_t length = readlink("/proc/self/fd/0", target, sizeof target - 1);
    printf("stdin %s\n", length > 0 ? target : "?");
    char score[16] = "";
    int fd = open("/proc/self/oom_score_adj", O_RDONLY);
    length = read(fd, score, sizeof score - 1);
    close(fd);
    printf("oom_score_adj %d\n", length > 0 ? atoi(score) : -1);
    struct rlimit core;
    getrlimit(RLIMIT_CORE, &core);
    printf("core %llu\n", (unsigned long long)core.rlim_max);
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    printf("leader %d\n", getpgrp() == getpid());
    printf("no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    int subreaper = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    printf("subreaper %d\n", subreaper);
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    printf("blocked %d ignored %d\n", sigismember(&blocked, SIGTERM), signal(SIGPIPE, SIG_DFL) == SIG_IGN);
}

/* Tries what isolation forbids, with the process whose number is given, and what it must not forbid. */
static void print_reach(int outside)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", outside);
    printf("environ %d\n", open(path, O_RDONLY | O_CLOEXEC) >= 0);
    printf("signal %d\n", kill(outside, 0) == 0);
    printf("own %d\n", kill(getpid(), 0) == 0 && open("/proc/self/environ", O_RDONLY | O_CLOEXEC) >= 0);
    char folders[2][32] = {"reach-XXXXXX", "reach-XXXXXX"};
    char files[2][48];
    for (int i = 0; i < 2; i++) {
        snprintf(files[i], sizeof files[i], "%s/file", mkdtemp(folders[i]));
    }
    close(open(files[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    printf("move %d\n", rename(files[0], files[1]) == 0);
    unlink(files[1]);
    rmdir(folders[0]);
    rmdir(folders[1]);
}

/* Leaves a tree that is not easy to remove. */
static void fill_folder(const char *folder)
{
    if (chdir(folder) != 0 || mkdir("closed", 0700) != 0 || mkdir("closed/inner", 0700) != 0 || symlink("/", "root") != 0) {
        exit(99);
    }
    close(open("closed/inner/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0400));
    chmod("closed/inner", 0500);
    chmod("closed", 0);
}

static void echo_request(void)
{
    char bytes[16];
    ssize_t got = read(3, bytes, sizeof bytes);
    if (got <= 0 || write(4, bytes, (size_t)got) != got) {
        exit(99);
    }
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    int number = count > 2 ? atoi(arguments[2]) : 0;
    if (strcmp(mode, "exit") == 0) {
        return number;
    } else if (strcmp(mode, "raise") == 0) {
        signal(number, SIG_DFL); /* a sanitizer makes an exit of it */
        raise(number);
    } else if (strcmp(mode, "wait") == 0) {
        wait_for_ever();
    } else if (strcmp(mode, "deaf") == 0) {
        signal(SIGTERM, SIG_IGN);
        wait_for_ever();
    } else if (strcmp(mode, "daemon") == 0) {
        leave_daemon();
    } else if (strcmp(mode, "daemon-and-wait") == 0) {
        leave_daemon();
        wait_for_ever();
    } else if (strcmp(mode, "abandon-and-wait") == 0) {
        /* Without being a subreaper, its orphans go to the guard while it lives. */
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        leave_daemon();
        wait_for_ever();
    } else if (strcmp(mode, "adopt") == 0) {
        leave_daemon();
        /* 0: there is a child, the orphan, and it lives. */
        return waitpid(-1, NULL, WNOHANG) == 0 ? 0 : 99;
    } else if (strcmp(mode, "fugitives") == 0) {
        leave_fugitives(number);
    } else if (strcmp(mode, "surroundings") == 0) {
        print_surroundings();
    } else if (strcmp(mode, "reach") == 0) {
        print_reach(number);
    } else if (strcmp(mode, "fill") == 0) {
        fill_folder(arguments[2]);
    } else if (strcmp(mode, "echo") == 0) {
        echo_request();
    } else {
        return 98;
    }
    return 0;
}
