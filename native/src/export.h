/* What is seen from outside a shared object; on Windows the .def files say it. */
#ifndef YQ_EXPORT_H
#define YQ_EXPORT_H

#if defined(__GNUC__) && !defined(_WIN32)
#define YQ_EXPORT __attribute__((visibility("default")))
#else
#define YQ_EXPORT
#endif

#endif
