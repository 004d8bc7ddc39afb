/* The pipe sink's process: see sink_process.h.
 *
 * It is waited for by its own number only, and killed only while it has not been
 * waited for: so its number cannot have become another's. */
#include "sink_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- starting ----------------------------------------------------------------------- */

static void close_both(int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

/* Signals as in a program that a shell starts: the lanes' threads block them all. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int status = posix_spawnattr_setsigmask(attributes, &none);
    if (status == 0)
        status = posix_spawnattr_setsigdefault(attributes, &all);
    if (status == 0)
        status = posix_spawnattr_setpgroup(attributes, 0);
    if (status == 0)
        status = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
                                                          | POSIX_SPAWN_SETPGROUP);
    return status;
}

static int set_files(posix_spawn_file_actions_t *actions, int input, int output, bool quiet)
{
    int status = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
    if (status == 0 && output >= 0)
        status = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    else if (status == 0)
        status = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (status == 0 && quiet)
        status = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return status;
}

static int spawn(pid_t *number, char *const *arguments, int input, int output, bool quiet)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int status = posix_spawnattr_init(&attributes);
    if (status != 0)
        return status;
    status = posix_spawn_file_actions_init(&actions);
    if (status == 0) {
        status = set_signals(&attributes);
        if (status == 0)
            status = set_files(&actions, input, output, quiet);
        if (status == 0)
            status = posix_spawnp(number, arguments[0], &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return status;
}

/* A pipe whose ends no other program inherits, and stand beyond 0, 1 and 2: the
 * child puts others there, and a host may have closed its own. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    for (int i = 0; i < 2; i++) {
        if (ends[i] > STDERR_FILENO)
            continue;
        int higher = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (higher < 0)
            return errno;
        close(ends[i]);
        ends[i] = higher;
    }
    return 0;
}

int wm_process_start(wm_process *p, char *const *arguments, bool listen, bool quiet)
{
    int input[2] = {-1, -1}, output[2] = {-1, -1};
    pid_t number = 0;
    int status = make_pipe(input);
    if (status == 0 && listen)
        status = make_pipe(output);
    if (status == 0 && (fcntl(input[1], F_SETFL, O_NONBLOCK) != 0
                        || (listen && fcntl(output[0], F_SETFL, O_NONBLOCK) != 0)))
        status = errno;
    if (status == 0)
        status = spawn(&number, arguments, input[0], output[1], quiet);
    if (status != 0) {
        close_both(input);
        close_both(output);
        return status;
    }
    close(input[0]);
    if (listen)
        close(output[1]);
    *p = (wm_process){.number = number, .input = input[1], .output = output[0]};
    return 0;
}

/* ---- talking ------------------------------------------------------------------------ */

/* A write into a pipe without reader raises SIGPIPE on this thread. It is blocked
 * here, and taken away where this write raised it: the host never sees it. */
static ssize_t write_quietly(int to, const char *bytes, size_t size)
{
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t wrote = write(to, bytes, size);
    int problem = errno;
    if (wrote < 0 && problem == EPIPE && !was_pending)
        while (sigtimedwait(&pipe_signal, NULL, &(struct timespec){0}) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = problem;
    return wrote;
}

ssize_t wm_process_write(wm_process *p, const char *bytes, size_t size)
{
    ssize_t wrote = write_quietly(p->input, bytes, size);
    if (wrote >= 0)
        return wrote;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

size_t wm_process_unread(const wm_process *p)
{
    int unread = 0;
    return ioctl(p->input, FIONREAD, &unread) == 0 && unread > 0 ? (size_t)unread : 0;
}

/* 1: there is something to look at; 0: not yet; -1: it says no more. */
static int hear(wm_process *p)
{
    if (p->from < p->to)
        return 1;
    ssize_t got;
    do
        got = read(p->output, p->heard, sizeof p->heard);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 && errno == EAGAIN ? 0 : -1;
    p->from = 0;
    p->to = (size_t)got;
    return 1;
}

int wm_process_listen(wm_process *p, char said[64])
{
    for (int heard; (heard = hear(p)) != 1 || p->heard[p->from] != '\n'; p->from++) {
        if (heard != 1)
            return heard;
        if (p->said_length < sizeof p->said - 1)
            p->said[p->said_length++] = p->heard[p->from];
    }
    p->from++;
    memcpy(said, p->said, p->said_length);
    said[p->said_length] = '\0';
    p->said_length = 0;
    return 1;
}

bool wm_process_wait(wm_process *p, bool write, int wait_ms)
{
    struct pollfd ends[2] = {{.fd = p->input, .events = write ? POLLOUT : 0},
                             {.fd = p->output, .events = POLLIN}};
    poll(ends, 2, wait_ms);             /* a negative descriptor is passed over */
    return (ends[0].revents & (POLLERR | POLLNVAL)) == 0;
}

/* ---- ending -------------------------------------------------------------------------- */

bool wm_process_ended(const wm_process *p)
{
    siginfo_t info = {.si_pid = 0};
    int status;
    do
        status = waitid(P_PID, (id_t)p->number, &info, WEXITED | WNOHANG | WNOWAIT);
    while (status != 0 && errno == EINTR);
    return status != 0 || info.si_pid != 0;     /* or somebody has waited for it already */
}

/* Waits for it, so that its number is free. */
static void reap(wm_process *p)
{
    while (waitpid(p->number, NULL, 0) < 0 && errno == EINTR)
        ;
    p->number = 0;
}

/* Not when somebody else has waited for it: the number may be another's now. */
static void kill_all(wm_process *p)
{
    siginfo_t info;
    if (p->number != 0 && waitid(P_PID, (id_t)p->number, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
        kill(-p->number, SIGKILL);
        reap(p);
    }
    p->number = 0;
}

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

bool wm_process_kill(wm_process *p)
{
    kill_all(p);
    for (int i = 0; i < 200; i++) {
        if (!wm_process_wait(p, false, 0))
            return true;
        nap_ms(1);
    }
    return false;
}

void wm_process_close(wm_process *p, int64_t wait_us)
{
    if (p->input >= 0)
        close(p->input);                /* the end of its input */
    bool ended = p->number == 0;
    for (int64_t waited = 0; !(ended = ended || wm_process_ended(p)) && waited < wait_us; waited += 1000)
        nap_ms(1);
    if (p->number != 0 && ended)        /* what it left behind in its group may live on */
        reap(p);
    kill_all(p);
    if (p->output >= 0)
        close(p->output);
    p->input = p->output = -1;
}
