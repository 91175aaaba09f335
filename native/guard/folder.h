/* The folder of the host. */
#ifndef TASKPIPELINE_GUARD_FOLDER_H
#define TASKPIPELINE_GUARD_FOLDER_H

/* Removes a folder with everything in it; NULL is nothing to remove. Follows no link and enters no other file system. */
void folder_remove(const char *path);

#endif
