# SPDX-License-Identifier: BSD-3-Clause
# The hostile lane: the linker puts the functions of tests/hostile/inject.c in the place of these.

INJECTED := malloc calloc realloc aligned_alloc strdup free mmap munmap madvise \
  pthread_create pthread_join pthread_mutex_init pthread_mutex_destroy pthread_rwlock_init pthread_rwlock_destroy \
  pthread_cond_init pthread_cond_destroy syscall nanosleep \
  open __open_2 stat fstat fcntl flock ftruncate getrlimit preadv preadv2 pwritev pwritev2 fdatasync \
  sync_file_range posix_fadvise fstatfs fallocate \
  $(if $(filter yes,$(LIBURING)),io_uring_queue_init_params io_uring_get_probe_ring io_uring_submit \
    io_uring_submit_and_wait_timeout)

$(call lane_programs,hostile): private LANE_LDFLAGS += $(INJECTED:%=-Wl,--wrap=%)
