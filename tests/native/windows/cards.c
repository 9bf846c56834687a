/* A host of VirtualCardChk: what its three functions answer, each called by its own convention twice, and in the end
   that the stack is where it was. */
#include <stdio.h>

#include "VirtualCardChk.h"

enum { ANSWER = 2048 };

int main(void)
{
    volatile unsigned before = 0xA5A5A5A5u;
    char answer[ANSWER], nowhere[] = "", request[] = "{", code[] = "1:1:::1", card[] = "2", name[] = "3";
    for (int round = 0; round < 2; round++) {
        printf("%s\n", VirtualCardTrans(nowhere, request, answer));
        printf("%d\n", Set_QRflow_Mode(1));
        printf("%d\n", EhealthID_Print(code, card, name));
    }
    printf("%x\n", before);
    return 0;
}
