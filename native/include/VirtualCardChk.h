/* VirtualCardChk 电子健康卡动态库

   VirtualCardTrans sends InData (JSON: the public parameters, biz_content an object) to the platform at strUrl and
   writes what it answers to OutData. "00": OutData is the business content. Anything else is the return code, and
   OutData is {"ret_code":…,"ret_msg":…}. The code belongs to the library and holds until the same thread calls again.
   OutData must have [limits] output_size bytes (2048); InData is read up to [limits] input_size bytes (8192), its NUL
   included.

   Set_QRflow_Mode shows (1) or hides (0) the code of the last ehc.ehealthcard.authurl on the second screen;
   EhealthID_Print prints a slip with a static code. 0 is success. Set_QRflow_Mode is printed without a calling
   convention in the standard, so it has the compiler's own (cdecl). */
#ifndef VIRTUALCARDCHK_H
#define VIRTUALCARDCHK_H

#ifdef _WIN32
#define VIRTUALCARD_CALL __stdcall
#else
#define VIRTUALCARD_CALL
#endif

#ifdef __cplusplus
extern "C" {
#endif

char *VIRTUALCARD_CALL VirtualCardTrans(char *strUrl, char *InData, char *OutData);
int Set_QRflow_Mode(int mode);
int VIRTUALCARD_CALL EhealthID_Print(char *ehealthid, char *cardNo, char *name);

#ifdef __cplusplus
}
#endif

#endif
