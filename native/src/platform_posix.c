/* Linux and its kin. */
#define _GNU_SOURCE
#include "platform.h"

#include "slip_document.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { SLIP_BOUND = 1024 * 1024, LP_MS = 30000 };

bool yq_library_folder(char *folder, size_t size)
{
    Dl_info info;
    if (dladdr((const void *)(uintptr_t)&yq_library_folder, &info) == 0 || info.dli_fname == NULL)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - info.dli_fname) + 1;
    if (length >= size)
        return false;
    memcpy(folder, info.dli_fname, length);
    folder[length] = '\0';
    return true;
}

FILE *yq_open_file(const char *path, const char *mode)
{
    return fopen(path, mode);
}

static int64_t clock_ms(clockid_t which)
{
    struct timespec now;
    if (clock_gettime(which, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t yq_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t yq_ticks_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

void yq_sleep(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

void yq_pause(long ms)
{
    yq_sleep(ms);
}

bool yq_random(void *bytes, size_t length)
{
    unsigned char *at = bytes;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0) {
            at += got;
            length -= (size_t)got;
        }
    }
    return true;
}

/* The streams of a started program lead nowhere: not to the host's own. False where there is no memory for it; then
   there is nothing to destroy. */
static bool quieted(posix_spawn_file_actions_t *quiet)
{
    if (posix_spawn_file_actions_init(quiet) != 0)
        return false;
    if (posix_spawn_file_actions_addopen(quiet, 0, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(quiet, 1, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(quiet, 2, "/dev/null", O_WRONLY, 0) == 0)
        return true;
    posix_spawn_file_actions_destroy(quiet);
    return false;
}

/* Starts a program whose parent is not the host: the host's own waiting for children is not disturbed. Between fork and
   spawn nothing takes memory, since another thread may have held its lock. */
static bool start(const char *const *arguments)
{
    posix_spawn_file_actions_t quiet;
    if (!quieted(&quiet))
        return false;
    pid_t between = fork();
    if (between == 0) {
        pid_t child;
        setsid();
        _exit(posix_spawnp(&child, arguments[0], &quiet, NULL, (char *const *)(uintptr_t)arguments, environ) != 0);
    }
    posix_spawn_file_actions_destroy(&quiet);
    if (between < 0)
        return false;
    int status;
    while (waitpid(between, &status, 0) < 0)
        if (errno != EINTR)
            return true; /* the host takes all its children itself */
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool as_app(const char *url)
{
    static const char *const browsers[] = {"chromium", "google-chrome", "microsoft-edge", "chromium-browser"};
    char application[2100];
    snprintf(application, sizeof application, "--app=%s", url);
    for (size_t at = 0; at < sizeof browsers / sizeof *browsers; at++)
        if (start((const char *const[]){browsers[at], application, NULL}))
            return true;
    return start((const char *const[]){"xdg-open", url, NULL});
}

bool yq_open_page(const char *browser, const char *url)
{
    if (strcmp(browser, "auto") == 0)
        return as_app(url);
    enum { MOST = 16 };
    char words[512];
    const char *arguments[MOST + 2];
    size_t count = 0;
    snprintf(words, sizeof words, "%s", browser);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL && count < MOST; word = strtok_r(NULL, " ", &rest))
        arguments[count++] = word;
    arguments[count] = url;
    arguments[count + 1] = NULL;
    return count > 0 && start(arguments);
}

static bool write_whole(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* waitpid, whatever signals come; 0: it still runs, negative: it is no child of ours any more. */
static pid_t waited_for(pid_t child, int *status, int how)
{
    pid_t ended;
    do
        ended = waitpid(child, status, how);
    while (ended < 0 && errno == EINTR);
    return ended;
}

/* Has `lp` take the file, and waits until it has; for a while, since a host waits with it. */
static bool taken_by_lp(const char *printer, const char *path)
{
    const char *const named[] = {"lp", "-s", "-d", printer, path, NULL};
    const char *const usual[] = {"lp", "-s", path, NULL};
    const char *const *arguments = printer[0] != '\0' ? named : usual;
    posix_spawn_file_actions_t quiet;
    pid_t child, ended = 0;
    int status = 1;
    if (!quieted(&quiet))
        return false;
    bool started = posix_spawnp(&child, "lp", &quiet, NULL, (char *const *)(uintptr_t)arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&quiet);
    if (!started)
        return false;
    for (int64_t end = yq_ticks_ms() + LP_MS; ended == 0 && yq_ticks_ms() < end;) {
        ended = waited_for(child, &status, WNOHANG);
        if (ended == 0)
            yq_pause(50);
    }
    if (ended == 0) {
        kill(child, SIGKILL);
        waited_for(child, &status, 0);
        return false;
    }
    return ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0); /* or the host takes all its children itself */
}

bool yq_print_slip(const char *printer, const struct yq_slip *slip)
{
    char path[] = "/tmp/yiqiao-slip-XXXXXX"; /* made with mode 0600: the slip carries a name */
    struct yq_buffer document;
    yq_buffer_init(&document, SLIP_BOUND);
    yq_slip_document(slip, &document);
    int file = document.failed ? -1 : mkstemp(path);
    bool good = file >= 0 && write_whole(file, yq_buffer_string(&document), document.length);
    if (file >= 0) {
        good = close(file) == 0 && good && taken_by_lp(printer, path);
        unlink(path); /* lp has a copy of its own */
    }
    yq_buffer_wipe(&document);
    return good;
}

bool yq_replace_file(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

void *yq_plugin_load(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

void *yq_plugin_symbol(void *plugin, const char *name)
{
    return dlsym(plugin, name);
}
