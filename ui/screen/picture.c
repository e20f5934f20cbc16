#include "ui/screen/picture.h"

#include <png.h>
#include <string.h>

enum vn_status vn_screen_picture_write(const SDL_Surface *surface, const char *path, struct vn_error *error)
{
    if (surface->format->format != SDL_PIXELFORMAT_RGB24) {
        return vn_fail(error, VN_ARG, "a picture is made from 24-bit pixels");
    }
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)surface->w;
    image.height = (png_uint_32)surface->h;
    image.format = PNG_FORMAT_RGB;
    if (png_image_write_to_file(&image, path, 0, surface->pixels, surface->pitch, NULL) == 0) {
        return vn_fail(error, VN_IO, "%s: %s", path, image.message);
    }
    return VN_OK;
}
