/* A surface as a PNG file. */
#ifndef VN_SCREEN_PICTURE_H
#define VN_SCREEN_PICTURE_H

#include <SDL2/SDL.h>

#include "agent/base/error.h"

/* The surface has 24 bits a pixel, red first (SDL_PIXELFORMAT_RGB24). VN_ARG, VN_IO. */
VN_MUST_USE enum vn_status vn_screen_picture_write(const SDL_Surface *surface, const char *path,
                                                   struct vn_error *error);

#endif
