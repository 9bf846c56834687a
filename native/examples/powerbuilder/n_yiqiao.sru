$PBExportHeader$n_yiqiao.sru
$PBExportComments$OneTrans2 and VirtualCardChk from PowerBuilder 10 or later, 32 bits
forward
global type n_yiqiao from nonvisualobject
end type
end forward

global type n_yiqiao from nonvisualobject autoinstantiate
end type

type prototypes
// ";Ansi": PowerBuilder's strings are Unicode since 10; the libraries want the code page of a Chinese Windows, GBK.
// Before 10, leave the whole ALIAS FOR out.
Function long OneTrans (ref string pInData, ref string pOutData) Library "OneTrans2.dll" Alias For "OneTrans;Ansi"
Function string VirtualCardTrans (ref string strUrl, ref string InData, ref string OutData) Library "VirtualCardChk.dll" Alias For "VirtualCardTrans;Ansi"
Function long EhealthID_Print (ref string ehealthid, ref string cardNo, ref string name) Library "VirtualCardChk.dll" Alias For "EhealthID_Print;Ansi"
// Set_QRflow_Mode is missing here on purpose: it has C's calling convention, and PowerBuilder calls by stdcall alone.
end prototypes

type variables
// [limits] output_size of the two ini files
constant long ONETRANS_OUTPUT = 8192
constant long VIRTUALCARD_OUTPUT = 2048
end variables

forward prototypes
public function string of_ask (string as_request, ref long al_value)
public function string of_ask_card_platform (string as_url, string as_request, ref string as_code)
public function long of_print_slip (string as_ehealthid, string as_card_no, string as_name)
end prototypes

public function string of_ask (string as_request, ref long al_value);// One request of the unified library, JSON; its answer, JSON. al_value 0: look at "code" in the answer; else a fault
// of the library's own, told in the answer too. The answer's place has to be there before: Space().
string ls_answer

ls_answer = Space(ONETRANS_OUTPUT)
al_value = OneTrans(as_request, ls_answer)
return ls_answer
end function

public function string of_ask_card_platform (string as_url, string as_request, ref string as_code);// One method of the health card platform. as_code "00": the answer is the business content. An empty as_url: the one in
// VirtualCardChk.ini.
string ls_answer

ls_answer = Space(VIRTUALCARD_OUTPUT)
as_code = VirtualCardTrans(as_url, as_request, ls_answer)
return ls_answer
end function

public function long of_print_slip (string as_ehealthid, string as_card_no, string as_name);// Prints a slip with a static code; 0 is success.
return EhealthID_Print(as_ehealthid, as_card_no, as_name)
end function

on n_yiqiao.create
call super::create
TriggerEvent( this, "constructor" )
end on

on n_yiqiao.destroy
TriggerEvent( this, "destructor" )
call super::destroy
end on
