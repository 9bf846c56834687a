/* OneTrans2 统一动态库

   JSON in GBK goes in, JSON in GBK comes out. `pInData` is read up to [limits] input_size bytes (8192), its NUL
   included; `pOutData` must have [limits] output_size bytes (8192), and is never written beyond them.

   0: the library has done its part, and the reply in pOutData tells the rest (its `code`). Anything else is the code of
   a fault of the library's own; pOutData then holds it too, with a sentence in err_msg. One call at a time: a second
   one is answered with 600001. */
#ifndef ONETRANS2_H
#define ONETRANS2_H

#ifdef _WIN32
#define ONETRANS_CALL __stdcall
#else
#define ONETRANS_CALL
#endif

#ifdef __cplusplus
extern "C" {
#endif

int ONETRANS_CALL OneTrans(char *pInData, char *pOutData);

#ifdef __cplusplus
}
#endif

#endif
