/* What the host may not reach although it runs as the same user as its worker. */
#ifndef TASKPIPELINE_GUARD_ISOLATION_H
#define TASKPIPELINE_GUARD_ISOLATION_H

/* In the child that becomes the host: from here on it and what it starts can neither look into processes outside (their
 * environment, memory and descriptors in /proc, ptrace) nor, from Linux 6.12 on, send them signals. Needs no_new_privs.
 * Without Landlock (Linux before 5.19, or switched off) nothing changes. */
void isolation_enter(void);

#endif
