import { LightningElement } from 'lwc';

export default class BookList extends LightningElement {
    count = 0;
}
